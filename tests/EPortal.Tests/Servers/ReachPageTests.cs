using System.Net;
using EPortal.Data;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.Search;
using EPortal.Tests.Agents;
using EPortal.Tests.Feeds;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

/// <summary>
/// What changes what many servers are offered says first how many they are, and is agreed to as it was shown.
/// </summary>
public sealed class ReachPageTests
{
    private const string Nothing = "<strong>2 servers</strong> will be offered <strong>nothing</strong>";
    private const string KeyPath = "/admin/keys/" + TestPortal.Key;
    private static readonly (string, string)[] s_kernelOnTest =
    [
        ("feed", "test"),
        ("products", "kernel"),
        ("note", "n <1>"),
    ];

    [Fact]
    public async Task A_key_is_put_on_a_feed_that_offers_nothing_only_by_who_is_sure()
    {
        await using var site = await OpenAsync();

        var page = await ShownFirst.AskAsync(site.Browser, KeyPath, s_kernelOnTest);
        page.ShouldContain(Nothing);
        page.ShouldContain("will follow the feed test instead of main");
        page.ShouldContain("name=\"note\" value=\"n &lt;1&gt;\"");
        FeedOf(site).ShouldBe("main");

        var again = await ShownFirst.RefuseAsync(site.Browser, KeyPath, [.. s_kernelOnTest, ShownFirst.Seen(page)]);
        again.ShouldContain("confirm with the checkbox");
        FeedOf(site).ShouldBe("main");

        await ShownFirst.DoAsync(site.Browser, KeyPath, [.. s_kernelOnTest, ShownFirst.Seen(again), ("sure", "true")]);
        FeedOf(site).ShouldBe("test");
    }

    [Fact]
    public async Task What_moved_since_it_was_shown_is_shown_again()
    {
        await using var site = await OpenAsync();
        var seen = ShownFirst.Seen(await ShownFirst.AskAsync(site.Browser, KeyPath, s_kernelOnTest));
        await site.Portal.DeployAsync("K2", 2, "test");

        var page = await ShownFirst.RefuseAsync(site.Browser, KeyPath, [.. s_kernelOnTest, seen, ("sure", "true")]);

        page.ShouldContain("changed after this preview");
        page.ShouldContain("<strong>2 servers</strong> will be offered another level");
        FeedOf(site).ShouldBe("main");
        await ShownFirst.DoAsync(site.Browser, KeyPath, [.. s_kernelOnTest, ShownFirst.Seen(page)]);
        FeedOf(site).ShouldBe("test");
    }

    [Fact]
    public async Task Who_comes_too_late_with_a_form_is_told_so_before_he_is_asked()
    {
        await using var site = await OpenAsync();
        var version = site.Portal.Portal.Keys.List().Single().Stored().Version;
        var page = await ShownFirst.AskAsync(site.Browser, KeyPath, [.. s_kernelOnTest, ("version", version)]);
        page.ShouldContain($"name=\"version\" value=\"{version}\"");
        await site.Portal.Portal.Keys.Update(TestPortal.Admin, TestPortal.Key, new KeySettings(Note: "theirs"));

        (await site.Browser.PostStatusAsync(KeyPath, [.. s_kernelOnTest, ("version", version)])).ShouldBe(
            HttpStatusCode.Conflict
        );
        (
            await site.Browser.PostStatusAsync(
                KeyPath,
                [.. s_kernelOnTest, ("version", version), ShownFirst.Seen(page), ("sure", "true")]
            )
        ).ShouldBe(HttpStatusCode.Conflict);

        FeedOf(site).ShouldBe("main");
    }

    [Fact]
    public async Task A_preview_holds_no_more_once_another_key_follows_another_feed()
    {
        await using var site = await OpenAsync();
        await site.Portal.Portal.Keys.Add(TestPortal.Admin, "other", new KeySettings());
        var seen = ShownFirst.Seen(await ShownFirst.AskAsync(site.Browser, KeyPath, s_kernelOnTest));
        await site.Portal.Portal.Keys.Update(TestPortal.Admin, "other", new KeySettings(Feed: "test"));

        (
            await ShownFirst.RefuseAsync(site.Browser, KeyPath, [.. s_kernelOnTest, seen, ("sure", "true")])
        ).ShouldContain("changed after this preview");
        FeedOf(site).ShouldBe("main");
    }

    [Fact]
    public async Task A_key_that_loses_the_right_to_kernel_patches_is_asked_for_too()
    {
        await using var site = await OpenAsync();

        var page = await ShownFirst.AskAsync(site.Browser, KeyPath, ("feed", "main"), ("products", "user"));

        page.ShouldContain(Nothing);
        page.ShouldContain("of this key may have patches of");
    }

    [Fact]
    public async Task What_reaches_no_server_is_not_asked_for()
    {
        await using var site = await OpenAsync();
        await site.Portal.Portal.Keys.Add(TestPortal.Admin, "empty", new KeySettings());

        await ShownFirst.DoAsync(site.Browser, "/admin/keys/empty", s_kernelOnTest);
        await ShownFirst.DoAsync(site.Browser, KeyPath, ("feed", "main"), ("products", "kernel"), ("note", "other"));

        site.Portal.Portal.Keys.List()
            .Select(key => $"{key.Name} {key.Feed} {key.Note}")
            .ShouldBe(["empty test n <1>", "k main other"]);
    }

    [Fact]
    public async Task Servers_are_moved_to_a_key_that_somebody_chose_with_its_feed_before_him()
    {
        await using var site = await OpenAsync();
        await site.Portal.Portal.Keys.Add(TestPortal.Admin, "aside", new KeySettings(Feed: "test"));
        const string Move = "/admin/servers/change/move?q=web&sort=-ip&scope=all&agreed=2";

        var form = await ShownFirst.AskAsync(
            site.Browser,
            "/admin/servers/change?q=web&sort=-ip",
            ("scope", "all"),
            ("what", "move")
        );
        form.ShouldContain("<option value=\"\">Choose a key");
        form.ShouldContain("<option value=\"aside\">aside (feed test)</option>");
        (await ShownFirst.RefuseAsync(site.Browser, Move, ("to", ""))).ShouldContain("choose the key to move");

        var page = await ShownFirst.AskAsync(site.Browser, Move, ("to", "aside"));
        page.ShouldContain(Nothing);
        page.ShouldContain("href=\"/admin/servers?q=web&amp;sort=-ip\"");
        Count(site, "aside").ShouldBe(0);
        await ShownFirst.RefuseAsync(site.Browser, Move, ("to", "aside"), ShownFirst.Seen(page));

        using var done = await site.Browser.PostAsync(Move, ("to", "aside"), ShownFirst.Seen(page), ("sure", "true"));
        done.Headers.Location!.ToString().ShouldBe("/admin/servers?q=web&sort=-ip");
        Count(site, "aside").ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_would_be_offered_nothing_is_moved_from_its_own_page_only_by_who_ticks_the_box()
    {
        await using var site = await OpenAsync();
        await site.Portal.Portal.Keys.Add(TestPortal.Admin, "aside", new KeySettings(Feed: "test"));
        var server = site.Portal.Portal.Servers.List(new ServerQuery(), site.Portal.Portal.Offers)[0];
        var move = $"/admin/servers/{Uri.EscapeDataString(server.Id)}/move";

        var page = await ShownFirst.AskAsync(site.Browser, move, ("to", "aside"));
        page.ShouldContain("<strong>1 server</strong> will be offered <strong>nothing</strong>");
        await ShownFirst.RefuseAsync(site.Browser, move, ("to", "aside"), ShownFirst.Seen(page));
        Count(site, "aside").ShouldBe(0);

        (await site.Browser.PostStatusAsync(move, ("to", "aside"), ShownFirst.Seen(page), ("sure", "true"))).ShouldBe(
            HttpStatusCode.Redirect
        );
        Count(site, "aside").ShouldBe(1);
    }

    [Fact]
    public async Task Deleting_a_feed_tells_who_gets_what_main_offers()
    {
        await using var site = await OpenAsync();
        await site.Portal.DeployAsync("K2", 2, "test");
        await site.Portal.Portal.Keys.Add(TestPortal.Admin, "late", new KeySettings(Feed: "test"));
        await site.RunAsync(2, "late");

        var page = await site.Browser.TextAsync("/admin/feeds/test");
        page.ShouldContain("<strong>1 server</strong> will be offered another level");
        await site.Portal.Portal.Rollout.Unroll(TestPortal.Admin, Product.Kernel, "K1", "main");

        var again = await ShownFirst.RefuseAsync(
            site.Browser,
            "/admin/feeds/test/delete",
            ("sure", "true"),
            ShownFirst.Seen(page)
        );
        again.ShouldContain("<strong>1 server</strong> will be offered <strong>nothing</strong>");
        await ShownFirst.RefuseAsync(site.Browser, "/admin/feeds/test/delete", ("sure", "true"));
        site.Portal.Portal.Feeds.List().Count.ShouldBe(2);
        await ShownFirst.DoAsync(site.Browser, "/admin/feeds/test/delete", ("sure", "true"), ShownFirst.Seen(again));
    }

    [Fact]
    public async Task A_feed_that_becomes_automatic_tells_what_comes_and_to_how_many()
    {
        await using var site = await OpenAsync();
        await site.Portal.Portal.Keys.Add(TestPortal.Admin, "late", new KeySettings(Feed: "test"));
        await site.RunAsync(2, "late");
        (string, string)[] auto = [("auto", "true"), ("deploy_after", "10"), ("channel", "default")];

        var page = await ShownFirst.AskAsync(site.Browser, "/admin/feeds/test", auto);
        page.ShouldContain("1 patchset will be enabled on this feed after 10 hours on this portal: K1.");
        page.ShouldContain("<strong>1 server</strong> will be offered another level");
        site.Portal.Portal.Feeds.Get("test").Auto.ShouldBeFalse();

        await ShownFirst.DoAsync(site.Browser, "/admin/feeds/test", [.. auto, ShownFirst.Seen(page)]);
        // To wait longer, or to be off, brings nothing.
        await ShownFirst.DoAsync(
            site.Browser,
            "/admin/feeds/test",
            ("auto", "true"),
            ("deploy_after", "20"),
            ("channel", "default")
        );
        (
            await ShownFirst.AskAsync(
                site.Browser,
                "/admin/feeds/test",
                ("auto", "true"),
                ("deploy_after", "0"),
                ("channel", "default")
            )
        ).ShouldContain("1 patchset will be enabled on this feed at the next sync: K1.");
        await ShownFirst.DoAsync(site.Browser, "/admin/feeds/test", ("deploy_after", "0"), ("channel", "default"));
        site.Portal.Portal.Feeds.Get("test").Auto.ShouldBeFalse();
    }

    [Fact]
    public async Task Deleting_a_patchset_tells_who_gets_less()
    {
        await using var site = await OpenAsync();
        await site.Portal.DeployAsync("K2", 2);

        (await site.Browser.TextAsync("/admin/patchsets/kernel/K2")).ShouldContain(
            "<strong>2 servers</strong> will be offered another level"
        );
        (await site.Browser.TextAsync("/admin/patchsets/kernel/K1")).ShouldContain(
            "<strong>0 servers</strong> will be offered another level"
        );
        await ShownFirst.DoAsync(
            site.Browser,
            "/admin/patchsets/kernel/K2/delete",
            ("sure", "true"),
            ShownFirst.Seen(await site.Browser.TextAsync("/admin/patchsets/kernel/K2"))
        );
        (await site.Browser.TextAsync("/admin/patchsets/kernel/K1")).ShouldContain(Nothing);
    }

    [Fact]
    public async Task A_key_is_not_deleted_with_more_servers_than_were_shown()
    {
        await using var site = await OpenAsync();
        (await site.Browser.TextAsync(KeyPath)).ShouldContain("name=\"agreed\" value=\"2\"");
        await site.Portal.RegisterAsync("late");

        (
            await ShownFirst.RefuseAsync(site.Browser, KeyPath + "/delete", ("sure", "true"), ("agreed", "2"))
        ).ShouldContain("value=\"3\"");
        Count(site, TestPortal.Key).ShouldBe(3);
        await ShownFirst.DoAsync(site.Browser, KeyPath + "/delete", ("sure", "true"), ("agreed", "3"));
        Count(site, TestPortal.Key).ShouldBe(0);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("true", true)]
    public async Task Who_undeploys_everything_says_that_servers_get_nothing(string sure, bool done)
    {
        await using var site = await OpenAsync();
        const string Manage = "/admin/patchsets/kernel/K1/manage";

        var page = await site.Browser.TextAsync(Manage + "?do.main=undeploy-downto");
        page.ShouldContain(Nothing);
        page.ShouldNotContain("will be offered another level");
        page.ShouldContain("<details open>");
        page.ShouldContain("1 target is offered nothing");
        page.ShouldContain("Offer nothing to 2 servers");
        page.ShouldContain("btn btn-danger");
        var revision = site.Portal.Portal.Database.Read(session => Node.Read(session).OfferRevision);

        (
            await site.Browser.PostStatusAsync(
                Manage,
                ("revision", $"{revision}"),
                ("do.main", "undeploy-downto"),
                ("sure", sure)
            )
        ).ShouldBe(done ? HttpStatusCode.Redirect : HttpStatusCode.BadRequest);

        site.States("main").ShouldBe([done ? "K1 undeployed" : "K1 enabled"]);
    }

    [Fact]
    public void Servers_are_counted_by_what_they_are_offered_before_and_after() =>
        RolloutImpact
            .Of([(1, 1, 7), (1, 2, 10), (null, 1, 100), (2, null, 1000), (null, null, 9)])
            .ShouldBe(new RolloutImpact(1110, 1000));

    /// <summary>Two servers of a key on main, which offers K1; the feed test offers nothing.</summary>
    private static async Task<PatchsetSite> OpenAsync()
    {
        var site = await PatchsetSite.OpenAsync();
        await site.Portal.DeployAsync("K1", 1);
        await site.RunAsync(0);
        await site.RunAsync(1);
        return site;
    }

    private static string FeedOf(PatchsetSite site) =>
        site.Portal.Portal.Keys.List().Single(key => key.Name == TestPortal.Key).Feed;

    private static int Count(PatchsetSite site, string key) =>
        site.Portal.Portal.Servers.List(new ServerQuery { Key = key }, site.Portal.Portal.Offers).Count;
}
