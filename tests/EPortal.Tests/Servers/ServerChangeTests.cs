using System.Net;
using EPortal.Data;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.Search;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

/// <summary>Changes to many servers at once, asked before.</summary>
public sealed class ServerChangeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_says_what_would_be_changed_and_how_many_and_changes_nothing()
    {
        await using var fleet = await ServerFleet.StartAsync();
        var (web1, _) = (await fleet.AddAsync("web1"), await fleet.AddAsync("web2"));
        var before = Accounts.Rows.Count(fleet.Portal, "operation");

        var ticked = await AskAsync(fleet, "", ("scope", "ticked"), ("what", "add-tags"), ("server", web1));
        var all = await AskAsync(fleet, "?q=web", ("scope", "all"), ("what", "delete"));

        ticked.ShouldContain("<strong>1 server</strong>");
        ticked.ShouldContain($"/admin/servers/change/add-tags?server={web1}");
        all.ShouldContain("Delete 2 servers");
        all.ShouldContain("/admin/servers/change/delete?q=web&amp;scope=all&amp;agreed=2");
        Accounts.Rows.Count(fleet.Portal, "operation").ShouldBe(before);
    }

    [Fact]
    public async Task Tags_are_added_to_and_removed_from_the_ticked()
    {
        await using var fleet = await ServerFleet.StartAsync();
        var (web1, web2, web3) = (
            await fleet.AddAsync("web1", facts => facts with { Tags = "a" }),
            await fleet.AddAsync("web2", facts => facts with { Tags = "B;c" }),
            await fleet.AddAsync("web3")
        );

        await DoAsync(fleet, $"add-tags?server={web1}&server={web2}", ("tags", "b; d"));
        (fleet.Server(web1).Tags, fleet.Server(web2).Tags, fleet.Server(web3).Tags).ShouldBe(("a;b;d", "B;c;d", ""));

        await DoAsync(fleet, $"remove-tags?server={web1}&server={web2}&server={web3}", ("tags", "b;A"));
        (fleet.Server(web1).Tags, fleet.Server(web2).Tags).ShouldBe(("d", "c;d"));

        fleet.Log("server.tags-").Select(line => line.Detail).ShouldBe(["b;A: 2 servers", "b;d: 2 servers"]);
    }

    [Fact]
    public async Task All_that_match_are_moved_whatever_page_was_shown()
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.Portal.Portal.Keys.Add(TestPortal.Admin, "other", new KeySettings());
        for (var n = 0; n < 55; n++)
            await fleet.Portal.Portal.Get<Registration>().Register($"web{n}", "192.0.2.1", TestPortal.Key);
        await fleet.AddAsync("db1");

        await DoAsync(fleet, "move?hostname=web%25&scope=all&agreed=55", ("to", "other"));

        fleet.Find(new ServerQuery { Key = "other" }).Count.ShouldBe(55);
        fleet.Find(new ServerQuery { Key = TestPortal.Key }).Single().Facts.Hostname.ShouldBe("db1");
        fleet.Log("server.move").Single().Detail.ShouldBe("to key other: 55 servers");
    }

    [Theory]
    [InlineData("scope=all&agreed=1")]
    [InlineData("server=ID")]
    public async Task A_change_leads_back_to_the_list_as_it_was(string which)
    {
        await using var fleet = await ServerFleet.StartAsync();
        var id = await fleet.AddAsync("web1");
        const string List = "q=web&key=k&sort=-ip&offset=50";
        (string, string)[] chosen = which.StartsWith("scope", StringComparison.Ordinal)
            ? [("scope", "all")]
            : [("scope", "ticked"), ("server", id)];

        var page = await AskAsync(fleet, "?" + List, [("what", "add-tags"), .. chosen]);
        page.ShouldContain(
            $"<a class=\"btn\" href=\"/admin/servers?{List.Replace("&", "&amp;", StringComparison.Ordinal)}\">Cancel"
        );
        using var answer = await fleet.Browser.PostAsync(
            $"/admin/servers/change/add-tags?{List}&{which.Replace("ID", id, StringComparison.Ordinal)}",
            ("tags", "a")
        );

        answer.Headers.Location!.ToString().ShouldBe("/admin/servers?" + List);
        fleet.Server(id).Tags.ShouldBe("a");
    }

    [Fact]
    public async Task More_than_was_agreed_to_is_not_changed()
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.AddAsync("web1");
        await fleet.AddAsync("web2");

        using var answer = await fleet.Browser.PostAsync(
            "/admin/servers/change/delete?q=web&scope=all&agreed=1",
            ("sure", "true")
        );
        var page = await answer.Content.ReadAsStringAsync(Cancellation);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        page.ShouldContain("more servers match now");
        page.ShouldContain("agreed=2");
        fleet.Find(new ServerQuery()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Nothing_is_deleted_unless_the_box_was_ticked_and_then_all_of_it()
    {
        await using var fleet = await ServerFleet.StartAsync();
        var (web1, web2) = (await fleet.AddAsync("web1"), await fleet.AddAsync("web2"));
        await fleet.AddAsync("web3");

        using var answer = await fleet.Browser.PostAsync($"/admin/servers/change/delete?server={web1}&server={web2}");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain("Nothing was deleted");
        fleet.Find(new ServerQuery()).Count.ShouldBe(3);

        await DoAsync(fleet, $"delete?server={web1}&server={web2}", ("sure", "true"));
        fleet.Find(new ServerQuery()).Single().Facts.Hostname.ShouldBe("web3");
        fleet.Log("server.delete").Single().Detail.ShouldBe("chosen in the console: 2 servers");
    }

    [Theory]
    [InlineData("add-tags", "tags", "")]
    [InlineData("add-tags", "tags", " ; ")]
    [InlineData("add-tags", "tags", "a\nb")]
    [InlineData("move", "to", "")]
    [InlineData("explode", "tags", "a")]
    public async Task A_refusal_changes_nothing(string what, string name, string value)
    {
        await using var fleet = await ServerFleet.StartAsync();
        var id = await fleet.AddAsync("web1");
        var before = Accounts.Rows.Count(fleet.Portal, "operation");

        (await fleet.Browser.PostStatusAsync($"/admin/servers/change/{what}?server={id}", (name, value))).ShouldBeOneOf(
            HttpStatusCode.BadRequest,
            HttpStatusCode.NotFound
        );
        (await fleet.Browser.PostStatusAsync("/admin/servers/change", ("what", what), ("scope", "ticked"))).ShouldBe(
            HttpStatusCode.Found
        );

        Accounts.Rows.Count(fleet.Portal, "operation").ShouldBe(before);
    }

    [Fact]
    public async Task Very_many_are_changed_in_parts_each_with_its_line_in_the_user_log()
    {
        await using var fleet = await ServerFleet.StartAsync();
        var servers = await fleet.Portal.Portal.Log.Commit(
            Actor.Agent,
            change =>
                Enumerable
                    .Range(0, ServerBulk.PerChange + 1)
                    .Select(n =>
                        change.Create(
                            Server.Entity,
                            new Fields
                            {
                                { "server_id", $"S{n:d15}" },
                                { "key", KeyStore.Get(change.Session, TestPortal.Key).Id },
                                { "hostname", $"h{n}" },
                                { "ip", "" },
                                { "registered", UnixMicros.Of(change.Now) },
                            }
                        )
                    )
                    .ToList()
        );

        await DoAsync(fleet, $"add-tags?scope=all&agreed={servers.Count}", ("tags", "a"));

        fleet.Log("server.tags-add").Select(line => line.Detail).Order().ShouldBe(["a: 1 server", "a: 2,000 servers"]);
        fleet
            .Portal.Portal.Database.Read(session => TagStore.FindOrNull(session, "a"))!
            .Servers.ShouldBe(servers.Count);
    }

    private static async Task<string> AskAsync(ServerFleet fleet, string query, params (string, string)[] values)
    {
        using var answer = await fleet.Browser.PostAsync("/admin/servers/change" + query, values);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }

    private static async Task DoAsync(ServerFleet fleet, string change, params (string, string)[] values)
    {
        using var answer = await fleet.Browser.PostAsync("/admin/servers/change/" + change, values);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
