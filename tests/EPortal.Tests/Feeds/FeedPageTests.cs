using System.Net;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Tests.Agents;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Feeds;

/// <summary>The console's pages of feeds.</summary>
public sealed class FeedPageTests
{
    [Fact]
    public async Task The_list_tells_who_follows_a_feed_and_what_is_newest_on_it()
    {
        await using var visitors = await WithTestFeed();
        await visitors.Portal.DeployAsync("K1", 1, "test");
        await visitors.Portal.DeployAsync("K2", 2, "test");
        await visitors.Portal.DeployAsync("U1", 1, "test", Product.User, new string('b', 40));
        await visitors.Portal.DeployAsync("K3", 3);
        await visitors.Portal.Portal.Rollout.Disable(TestPortal.Admin, Product.Kernel, "K2", "test");
        await visitors.Portal.RegisterAsync("web1", "late");
        await visitors.Portal.RegisterAsync("web2", "late");

        var row = RowOf(await visitors.Reader.TextAsync("/admin/feeds"), "test");

        row.ShouldContain("after 12 hours");
        row.ShouldContain("href=\"/admin/keys?feed=test\">1<");
        row.ShouldContain("href=\"/admin/servers?feed=test\">2<");
        row.ShouldContain(">K1<");
        row.ShouldContain(">U1<");
        row.ShouldNotContain("K2");
        row.ShouldNotContain("K3");
        var keys = await visitors.Admin.TextAsync("/admin/keys?feed=test");
        keys.ShouldContain("<code>late</code>");
        keys.ShouldNotContain($"<code>{TestPortal.Key}</code>");
    }

    [Fact]
    public async Task A_feed_is_made_and_changed()
    {
        await using var visitors = await Visitors.StartAsync();

        (
            await visitors.Done(
                "/admin/new-feed",
                ("name", "test"),
                ("auto", "true"),
                ("deploy_after", "10"),
                ("channel", "unstable")
            )
        ).ShouldContain("Feed test was added.");
        Get(visitors, "test").ShouldBe(("test", true, 10L, "unstable"));
        var form = await visitors.Admin.TextAsync("/admin/feeds/test");
        form.ShouldContain("value=\"10\"");
        form.ShouldContain("<option value=\"unstable\" selected>");
        form.ShouldContain("On a new installation");

        // A box that is not ticked sends nothing.
        await visitors.Done("/admin/feeds/test", ("deploy_after", "0"), ("channel", "test"));
        Get(visitors, "test").ShouldBe(("test", false, 0L, "test"));
    }

    [Theory]
    [InlineData("/admin/new-feed", "main", "5", "default", "feed 'main' already exists")]
    [InlineData("/admin/new-feed", "a b", "5", "default", "letters, digits")]
    [InlineData("/admin/new-feed", "", "5", "default", "letters, digits")]
    [InlineData("/admin/feeds/test", "", "8761", "default", "0 to 8760")]
    [InlineData("/admin/feeds/test", "", "-1", "default", "delay in hours must be")]
    [InlineData("/admin/feeds/test", "", "many", "default", "delay in hours must be")]
    [InlineData("/admin/feeds/test", "", "5", "other", "use default, test or unstable")]
    public async Task What_cannot_be_is_refused_with_the_form_as_it_was(
        string path,
        string name,
        string hours,
        string channel,
        string sentence
    )
    {
        await using var visitors = await WithTestFeed();

        var page = await visitors.Refused(path, ("name", name), ("deploy_after", hours), ("channel", channel));

        page.ShouldContain(sentence);
        page.ShouldContain($"value=\"{hours}\"");
    }

    [Fact]
    public async Task Main_says_why_it_is_not_changed_and_is_not()
    {
        await using var visitors = await Visitors.StartAsync();

        var page = await visitors.Admin.TextAsync("/admin/feeds/main");
        page.ShouldContain("always exists and cannot be changed or deleted");
        Visitors.ShouldChangeNothing(page);
        (await visitors.Refused("/admin/feeds/main", ("auto", "true"))).ShouldContain("feed 'main' has no settings");
        (await visitors.Admin.PostStatusAsync("/admin/feeds/main/delete", ("sure", "true"))).ShouldBe(
            HttpStatusCode.BadRequest
        );
        Get(visitors, Feed.Main).ShouldBe((Feed.Main, false, 0L, "default"));
    }

    [Fact]
    public async Task A_deletion_says_what_moves_and_wants_to_be_meant()
    {
        await using var visitors = await WithTestFeed();
        await visitors.Portal.RegisterAsync("web1", "late");

        (await visitors.Admin.TextAsync("/admin/feeds/test")).ShouldContain(
            "On this feed: 1 key with 1 server. They move to main"
        );
        var seen = ShownFirst.Seen(await visitors.Admin.TextAsync("/admin/feeds/test"));
        (await visitors.Admin.PostStatusAsync("/admin/feeds/test/delete")).ShouldBe(HttpStatusCode.BadRequest);
        Get(visitors, "test").Name.ShouldBe("test");
        (await visitors.Done("/admin/feeds/test/delete", ("sure", "true"), seen)).ShouldContain("1 key moved to main.");

        (await visitors.Admin.StatusAsync("/admin/feeds/test")).ShouldBe(HttpStatusCode.NotFound);
        visitors.Portal.Portal.Keys.List().Single(key => key.Name == "late").Feed.ShouldBe(Feed.Main);
    }

    [Fact]
    public async Task A_reader_sees_feeds_and_changes_nothing()
    {
        await using var visitors = await WithTestFeed();

        foreach (var path in new[] { "/admin/feeds", "/admin/feeds/test", "/admin/new-feed" })
            Visitors.ShouldChangeNothing(await visitors.Reader.TextAsync(path));
    }

    private static async Task<Visitors> WithTestFeed()
    {
        var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings(Auto: true, DeployAfter: 12));
        await visitors.Portal.Portal.Keys.Add(TestPortal.Admin, "late", new KeySettings(Feed: "test"));
        return visitors;
    }

    private static (string Name, bool Auto, long DeployAfter, string Channel) Get(Visitors visitors, string name) =>
        visitors.Portal.Portal.Feeds.Get(name) is var feed
            ? (feed.Name, feed.Auto, feed.DeployAfter, feed.Channel)
            : default;

    private static string RowOf(string page, string feed) =>
        page.Split("<tr").Single(row => row.Contains($">{feed}</th>", StringComparison.Ordinal));
}
