using System.Net;
using EPortal.Data;
using EPortal.Keys;
using EPortal.Tests.Agents;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>What a line of the user log tells: before and after, which servers, and never a secret.</summary>
public sealed class UserLogDetailTests
{
    private const string Secret = "a secret to guard";

    [Fact]
    public async Task Each_change_tells_what_was_and_what_became_of_each_field_alike_in_console_API_and_CSV()
    {
        await using var visitors = await Visitors.StartAsync();
        var api = visitors.Api;
        await api.Post("/feeds", ("name", "late"), ("deploy_after", "10"));
        await api.Post("/keys", ("key", TestPortal.Key), ("feed", "late"), ("server_limit", "7"));
        await api.Post("/feeds", ("name", "late"), ("deploy_after", "24"));
        await api.Post("/users", ("username", "rob"), ("description", "a reader"), ("password", Secret));
        await api.Post("/ldap", ("url", "ldaps://a.example.com"), ("dn", "uid=%s"));
        await api.Post("/ldap", ("dn", "cn=%s"));
        await api.Post("/source", ("url", "https://a.example.com/"), ("user", "me"), ("password", Secret));
        await api.Delete("/feeds/late");

        await Tells(visitors, "feed.add", "auto: no", "deploy_after: 10", "channel: default");
        await Tells(visitors, "key.change", "feed: main → late", "server_limit: 0 → 7");
        await Tells(visitors, "feed.change", "deploy_after: 10 → 24");
        await Tells(visitors, "user.change", "description: a reader", "password: changed");
        await Tells(visitors, "ldap.change", "dn: uid=%s → cn=%s");
        await Tells(visitors, "source.change", "url: https://a.example.com/", "user: me", "password: ***");
        await Tells(
            visitors,
            "feed.delete",
            "auto: no → (empty)",
            "deploy_after: 24 → (empty)",
            "channel: default → (empty)",
            $"keys: {TestPortal.Key} → on main"
        );
        var all =
            await visitors.Admin.TextAsync("/admin/log")
            + await visitors.Admin.TextAsync("/admin/api/user-log")
            + await visitors.Admin.TextAsync("/admin/api/user-log?format=csv");
        all.ShouldNotContain(Secret);
        all.ShouldNotContain("argon2");
        visitors
            .Portal.Portal.Database.Read(session => new UserLogQuery { Limit = 1000 }.Run(session))
            .ShouldAllBe(line => !line.ToString().Contains(Secret));
    }

    [Fact]
    public async Task Servers_are_told_by_name_and_many_by_their_filter_number_and_a_link()
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Keys.Add(TestPortal.Admin, "other", new KeySettings());
        var ids = new List<string>();
        for (var number = 0; number < 25; number++)
            ids.Add(await visitors.Portal.RegisterAsync($"web{number:00}.example.com"));
        await visitors.Api.Post("/set_tags", ("server_id", ids[3]), ("tags", "env:prod;rack:3"));

        await Tells(visitors, "server.tag", "tags: env:prod;rack:3");
        var one = Last(visitors, "server.tag");
        one.Servers!.Names.ShouldBe(["web03.example.com"]);
        one.Detail.ShouldBe("web03.example.com: env:prod;rack:3");
        one.Detail.ShouldNotContain(ids[3][..4]);

        await visitors.Done(
            $"/admin/servers/change/move?q=web&key={TestPortal.Key}&scope=all&agreed=25",
            ("to", "other")
        );
        var moved = Last(visitors, "server.move");
        moved.Changes.ShouldBe([new FieldChange("key", TestPortal.Key, "other")]);
        moved.Servers.ShouldSatisfyAllConditions(
            servers => servers!.Count.ShouldBe(25),
            servers => servers!.Names.Count.ShouldBe(ServersOfEntry.MaxNames),
            servers => servers!.Filter.ShouldBe($"q=web&key={TestPortal.Key}")
        );
        var page = WebUtility.HtmlDecode(await visitors.Admin.TextAsync("/admin/log?action=server.move"));
        page.ShouldContain("and 5 more");
        page.ShouldContain($"href=\"/admin/servers?q=web&key={TestPortal.Key}\"");
        (await visitors.Reader.TextAsync("/admin/log?action=server.move")).ShouldNotContain(
            "href=\"/admin/servers?q=web",
            Case.Sensitive,
            "a key stands in the filter"
        );
        (await visitors.Admin.TextAsync("/admin/api/user-log?action=server.move&format=csv")).ShouldContain(
            $",25,q=web&key={TestPortal.Key}"
        );
        (await visitors.Api.Get("/user-log", ("action", "server.move")))
            .Result[0]
            .GetProperty("servers")
            .GetProperty("count")
            .GetInt64()
            .ShouldBe(25);

        await visitors.Api.Delete("/keys/other");
        Last(visitors, "key.delete").Servers!.Count.ShouldBe(25);
        page = await visitors.Reader.TextAsync("/admin/log?action=key.delete");
        page.ShouldNotContain("Servers that match now");
    }

    [Fact]
    public async Task What_a_line_keeps_is_bounded_whatever_hosts_and_people_write()
    {
        await using var visitors = await Visitors.StartAsync();
        var wide = new string('x', 199) + "\U0001F600" + new string('y', 700);
        await visitors.Api.Post("/keys", ("key", TestPortal.Key), ("note", wide));
        await visitors.Portal.Portal.Log.Commit(
            TestPortal.Admin,
            change =>
            {
                change.Note(
                    "test.wide",
                    new string('d', 5000),
                    [.. Enumerable.Range(0, 500).Select(number => new FieldChange($"f{number}", wide, ""))],
                    ServersOfEntry.Of([.. Enumerable.Repeat(wide, 500)])
                );
                return true;
            }
        );

        var kept = Last(visitors, "key.change").Changes.Single().Became;
        kept.ShouldBe(new string('x', 199) + "…");
        var line = Last(visitors, "test.wide");
        line.Detail.Length.ShouldBeLessThanOrEqualTo(1001);
        line.Changes.Count.ShouldBe(20);
        line.Servers.ShouldSatisfyAllConditions(
            servers => servers!.Count.ShouldBe(500),
            servers => servers!.Names.Count.ShouldBe(20),
            servers => servers!.Names.ShouldAllBe(name => name.Length <= 201)
        );
    }

    [Fact]
    public async Task A_few_lines_among_very_many_are_found()
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Log.Commit(
            TestPortal.Admin,
            change =>
            {
                for (var number = 0; number < 2000; number++)
                    change.Note("test.many", "x");
                return true;
            }
        );
        await visitors.Portal.Portal.Log.Commit(
            new Actor("rare"),
            change =>
            {
                change.Note("test.rare", "by rare");
                return true;
            }
        );
        await visitors.Portal.Portal.Log.Commit(
            TestPortal.Admin,
            change =>
            {
                change.Note("test.manyother", "y");
                return true;
            }
        );

        var read = visitors.Portal.Portal.Database;
        read.Read(new UserLogQuery { Actor = "rare" }.Run).Single().Detail.ShouldBe("by rare");
        read.Read(new UserLogQuery { Action = "test.rare" }.Run).Single().Actor.ShouldBe("rare");
        read.Read(new UserLogQuery { Action = "test.many", Limit = 3 }.Run)
            .Select(line => line.Action)
            .ShouldBe(["test.manyother", "test.many", "test.many"]);
        read.Read(
                new UserLogQuery
                {
                    Action = "test.many",
                    Limit = 3,
                    Offset = 1999,
                }.Run
            )
            .Count.ShouldBe(2);
        read.Read(session => new UserLogQuery { Action = "test" }.Count(session, 10_000)).ShouldBe(2002);
        read.Read(session => new UserLogQuery { Action = "test.many" }.Count(session, 100)).ShouldBe(100);
        read.Read(new UserLogQuery { Action = "test%" }.Run).ShouldBeEmpty();
    }

    private static UserLogEntry Last(Visitors visitors, string action) =>
        visitors
            .Portal.Portal.Database.Read(session => new UserLogQuery { Action = action, Limit = 1 }.Run(session))
            .ShouldHaveSingleItem();

    /// <summary>The newest line of an action tells these changes and no others, wherever it is read.</summary>
    private static async Task Tells(Visitors visitors, string action, params string[] changes)
    {
        Last(visitors, action).Changes.Select(change => change.ToText()).ShouldBe(changes);
        var page = WebUtility.HtmlDecode(await visitors.Admin.TextAsync($"/admin/log?action={action}"));
        var csv = await visitors.Admin.TextAsync($"/admin/api/user-log?format=csv&limit=1&action={action}");
        var json = (await visitors.Api.Get("/user-log", ("action", action), ("limit", "1")))
            .Result[0]
            .GetProperty("changes");
        foreach (var change in changes)
            page.ShouldContain(change);
        csv.ShouldContain(string.Join("; ", changes));
        json.GetArrayLength().ShouldBe(changes.Length);
        json[0].GetProperty("field").GetString().ShouldBe(changes[0].Split(':')[0]);
    }
}
