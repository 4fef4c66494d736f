using System.Text.Json;
using EPortal.Keys;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

public sealed class ServerCommandTests
{
    [Fact]
    public async Task Servers_are_listed_with_what_they_run()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync("web1");
        using (
            await portal.CheckInAsync(
                TestPortal.Facts(id) with
                {
                    PatchLevel = 1,
                    Euname = "6.1.0-19-amd64",
                    Tags = "env:prod",
                }
            )
        ) { }

        var table = (await Run(portal, 300, "server", "list")).Out.Split('\n');
        table[0]
            .Split('|', StringSplitOptions.TrimEntries)
            .ShouldBe([
                "Id",
                "Hostname",
                "IP",
                "Key",
                "Feed",
                "Level",
                "Status",
                "Effective kernel",
                "Last check-in",
                "Tags",
            ]);
        table[2]
            .Split('|', StringSplitOptions.TrimEntries)
            .ShouldBe([
                id,
                "web1",
                "127.0.0.1",
                "k",
                "main",
                "1",
                "uptodate",
                "6.1.0-19-amd64",
                "2026-05-01 12:00:00",
                "env:prod",
            ]);

        var row = (await Json(portal, "server", "list", "--json"))[0];
        row.GetProperty("id").GetString().ShouldBe(id);
        row.GetProperty("checkin").GetString().ShouldBe("2026-05-01 12:00:00.000000");
        row.EnumerateObject()
            .Select(property => property.Name)
            .ShouldBe(
                [
                    "id",
                    "ip",
                    "hostname",
                    "key",
                    "feed",
                    "registered",
                    "checkin",
                    "updated",
                    "euname",
                    "release",
                    "kernel_id",
                    "patch_level",
                    "patch_type",
                    "tags",
                    "uptime",
                    "version",
                    "virt",
                    "kcare_version",
                    "distro",
                    "distro_version",
                    "machine",
                    "processor",
                    "status",
                    "inactive",
                    "update_result",
                ],
                ignoreOrder: true
            );
    }

    [Fact]
    public async Task A_list_is_narrowed_by_name_key_and_feed()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Feeds.Add(TestPortal.Admin, "test", new EPortal.Feeds.FeedSettings());
        await portal.Portal.Keys.Add(TestPortal.Admin, "other", new KeySettings(Feed: "test"));
        foreach (var name in (string[])["web1", "web2", "db_1", "dbx1"])
            await portal.RegisterAsync(name, name.StartsWith("db", StringComparison.Ordinal) ? "other" : "k");

        (await Names(portal)).ShouldBe(["db_1", "dbx1", "web1", "web2"], ignoreOrder: true);
        (await Names(portal, "--hostname", "web%")).ShouldBe(["web1", "web2"]);
        (await Names(portal, "--hostname", "db_1")).ShouldBe(["db_1"], "an underscore stands for itself");
        (await Names(portal, "--hostname", "%' OR 1=1 --")).ShouldBeEmpty();
        (await Names(portal, "--key", "other")).Length.ShouldBe(2);
        (await Names(portal, "--feed", "main", "--hostname", "%2")).ShouldBe(["web2"]);
        (await Names(portal, "--limit", "1")).Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("outdated")]
    [InlineData("outofdate")]
    public async Task Outdated_servers_are_listed_by_the_word_that_is_shown_and_by_that_of_the_api(string status)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync("behind");
        using (await portal.CheckInAsync(TestPortal.Facts(id) with { Hostname = "behind", PatchLevel = 0 })) { }

        (await Names(portal, "--status", status)).ShouldBe(["behind"]);
        (await Run(portal, 300, "server", "list")).Out.ShouldContain(" outdated ");
    }

    [Theory]
    [InlineData("inactive")]
    [InlineData("silent")]
    public async Task Inactive_servers_are_listed_by_that_status_and_by_its_former_name(string status)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        await CheckIn("away");
        portal.Time.Advance(TimeSpan.FromHours(49));
        await CheckIn("here");

        (await Names(portal, "--status", status)).ShouldBe(["away"]);
        var unknown = await Run(portal, 300, "server", "list", "--status", "asleep");
        unknown.Exit.ShouldBe(2);
        unknown.Err.ShouldContain(
            "invalid value 'asleep' for --status: use uptodate or outdated or unsupported or inactive"
        );

        async Task CheckIn(string name)
        {
            var id = await portal.RegisterAsync(name);
            (await portal.CheckInAsync(TestPortal.Facts(id) with { Hostname = name, PatchLevel = 1 })).Dispose();
        }
    }

    [Fact]
    public async Task Tags_are_set_and_history_is_shown()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        using (await portal.CheckInAsync(TestPortal.Facts(id)))
        using (await portal.CheckInAsync(TestPortal.Facts(id) with { PatchLevel = 3 })) { }

        (await Run(portal, 80, "server", "tag", id, " env:prod ;web;")).ShouldBe((0, "tags were set\n", ""));
        portal.TheServer().Tags.ShouldBe("env:prod;web");
        (await Json(portal, "server", "tag", id, "", "--json")).GetProperty("tags").GetString().ShouldBe("");
        var change = (await Json(portal, "server", "history", id, "--json"))[0];
        (
            change.GetProperty("what").GetString(),
            change.GetProperty("was").GetString(),
            change.GetProperty("became").GetString()
        ).ShouldBe(("level", "0", "3"));
        (await Run(portal, 80, "server", "history", id)).Out.ShouldContain("2026-05-01 12:00:00 | level | 0   | 3");
    }

    [Fact]
    public async Task A_server_is_named_by_its_host_name_too_where_only_one_has_it()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.RegisterAsync("web1");
        (await Run(portal, 80, "server", "tag", "web1", "env:prod")).Exit.ShouldBe(0);
        portal.TheServer().Tags.ShouldBe("env:prod");
        (await Run(portal, 80, "server", "history", "web1")).Exit.ShouldBe(0);
        (await Run(portal, 80, "server", "history", "web2")).Err.ShouldBe(
            "error: server 'web2' not found; see `kc.eportal server list`\n"
        );

        await portal.RegisterAsync("web1");
        (await Run(portal, 80, "server", "tag", "web1", "x")).Err.ShouldStartWith(
            "error: 2 servers have the host name 'web1': use an id, such as "
        );
    }

    [Fact]
    public async Task Inactive_servers_are_cleaned_after_thirty_days_or_as_told()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.RegisterAsync("one");
        await portal.RegisterAsync("two");
        portal.Time.Advance(TimeSpan.FromDays(29));
        (await Run(portal, 80, "server", "clean", "--inactive")).ShouldBe((0, "0 servers were deleted\n", ""));
        portal.Time.Advance(TimeSpan.FromDays(2));
        await portal.RegisterAsync("three");
        (await Run(portal, 80, "server", "clean", "--inactive", "--days", "60")).ShouldBe(
            (0, "0 servers were deleted\n", "")
        );

        (await Run(portal, 80, "server", "clean", "--inactive")).ShouldBe((0, "2 servers were deleted\n", ""));

        portal.TheServer().Facts.Hostname.ShouldBe("three");
        (await Json(portal, "server", "clean", "--inactive", "--json")).GetProperty("result").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task Servers_are_deleted_by_name_address_or_id()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.RegisterAsync("one");
        await portal.RegisterAsync("one");
        var two = await portal.RegisterAsync("two");
        await portal.RegisterAsync("three");

        (await Run(portal, 80, "server", "delete", "--hostname", "one")).ShouldBe((0, "2 servers were deleted\n", ""));
        (await Run(portal, 80, "server", "delete", "--hostname", "t%")).ShouldBe((0, "0 servers were deleted\n", ""));
        (await Run(portal, 80, "server", "delete", "--id", two, "--hostname", "three")).ShouldBe(
            (0, "0 servers were deleted\n", "")
        );
        (await Json(portal, "server", "delete", "--id", two, "--json")).GetProperty("result").GetInt32().ShouldBe(1);
        (await Run(portal, 80, "server", "delete", "--ip", "127.0.0.1")).ShouldBe((0, "1 server was deleted\n", ""));
    }

    [Fact]
    public async Task A_list_is_sorted_paged_and_narrowed_by_tag_status_and_kernel()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        foreach (var (name, level) in (IEnumerable<(string, int)>)[("a", 1), ("b", 0), ("c", 0), ("d", 1)])
        {
            var id = await portal.RegisterAsync(name);
            portal.Time.Advance(TimeSpan.FromMinutes(1));
            using (
                await portal.CheckInAsync(
                    TestPortal.Facts(id) with
                    {
                        Hostname = name,
                        PatchLevel = level,
                        Euname = $"6.1.{level}",
                        Tags = name == "c" ? "env:prod;x" : "",
                    }
                )
            ) { }
        }

        await portal.RegisterAsync("e");

        (await Names(portal, "--sort", "hostname")).ShouldBe(["a", "b", "c", "d", "e"]);
        (await Names(portal, "--sort", "-hostname")).ShouldBe(["e", "d", "c", "b", "a"]);
        (await Names(portal, "--sort", "-checkin", "--limit", "2")).ShouldBe(["d", "c"]);
        (await Names(portal, "--sort", "-level", "--limit", "2")).ShouldBe(["a", "d"], ignoreOrder: true);
        (await Names(portal, "--sort", "-kernel", "--limit", "2")).ShouldBe(["a", "d"], ignoreOrder: true);
        (await Names(portal, "--tag", "env:prod")).ShouldBe(["c"]);
        (await Names(portal, "--status", "uptodate", "--sort", "hostname")).ShouldBe(["a", "d"]);
        (await Names(portal, "--status", "outdated", "--sort", "hostname")).ShouldBe(["b", "c"]);
        (await Names(portal, "--kernel", "6.1.0", "--sort", "hostname")).ShouldBe(["b", "c"]);
        (await Names(portal, "--ip", "127.0.0.%")).Length.ShouldBe(5);
        var (exit, output, error) = await Run(
            portal,
            300,
            "server",
            "list",
            "--sort",
            "hostname",
            "--limit",
            "2",
            "--offset",
            "1"
        );
        (exit, error).ShouldBe((0, "2 of 5 servers; --offset 3 shows the next\n"));
        output.Split('\n')[2..^1].Select(line => line.Split('|')[1].Trim()).ShouldBe(["b", "c"]);
        (
            await Run(portal, 300, "server", "list", "--sort", "hostname", "--limit", "2", "--offset", "3")
        ).Err.ShouldBeEmpty();
        (await Run(portal, 300, "server", "list", "--offset", "9")).Err.ShouldBe(
            "no more servers match: 5 servers in total\n"
        );
        (await Run(portal, 300, "server", "list", "--tag", "nope")).Err.ShouldBe("no server matches\n");
    }

    [Fact]
    public async Task On_a_terminal_it_is_asked_before_servers_are_deleted()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.RegisterAsync("one");
        await portal.RegisterAsync("two");
        portal.Time.Advance(TimeSpan.FromDays(31));
        var terminal = portal.CommandLine(isTerminal: true);
        const string Clean = "Delete 2 servers that did not check in for 30 days? [y/N] ";

        (await terminal.RunAsync(["server", "delete", "--hostname", "one"], "\n")).ShouldBe(
            (1, "", "Delete 1 server? [y/N] error: not confirmed, nothing was done\n")
        );
        (await terminal.RunAsync(["server", "clean", "--inactive"], "no\n")).ShouldBe(
            (1, "", Clean + "error: not confirmed, nothing was done\n")
        );
        portal.Portal.Servers.CountByKey().Single().Count.ShouldBe(2);
        (await terminal.RunAsync(["server", "delete", "--hostname", "nobody"])).ShouldBe(
            (0, "0 servers were deleted\n", "")
        );
        (await terminal.RunAsync(["server", "delete", "--hostname", "one", "--yes"])).ShouldBe(
            (0, "1 server was deleted\n", "")
        );
        (await terminal.RunAsync(["server", "clean", "--inactive", "--days", "1"], "y\n")).Out.ShouldBe(
            "1 server was deleted\n"
        );
        portal.Portal.Servers.CountByKey().Single().Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_dry_run_names_them_and_deletes_none()
    {
        await using var portal = await TestPortal.StartAsync();
        var one = await portal.RegisterAsync("one");
        var two = await portal.RegisterAsync("two");
        portal.Time.Advance(TimeSpan.FromDays(31));

        (await Run(portal, 80, "server", "delete", "--hostname", "one", "--dry-run")).ShouldBe(
            (0, $"{one} one 127.0.0.1\n1 server would be deleted\n", "")
        );
        (await portal.CommandLine(isTerminal: true).RunAsync(["server", "clean", "--inactive", "--dry-run"])).ShouldBe(
            (0, $"{one} one 127.0.0.1\n{two} two 127.0.0.1\n2 servers would be deleted\n", "")
        );
        (await Run(portal, 80, "server", "clean", "--inactive", "--days", "60", "--dry-run")).ShouldBe(
            (0, "0 servers would be deleted\n", "")
        );
        var json = await Json(portal, "server", "clean", "--inactive", "--dry-run", "--json");
        (
            json.GetProperty("result").GetInt32(),
            json.GetProperty("dry_run").GetBoolean(),
            json.GetProperty("servers").GetArrayLength()
        ).ShouldBe((2, true, 2));
        portal.Portal.Servers.CountByKey().Single().Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_count_by_key_is_the_same_table_on_a_terminal()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Keys.Add(TestPortal.Admin, "empty", new KeySettings());
        await portal.RegisterAsync();
        const string Table = "Count | Key\n----- + --------------------------------\n    0 | empty\n    1 | k\n";

        (await Run(portal, 80, "--list-servers")).ShouldBe((0, Table, ""));
        (await portal.CommandLine(isTerminal: true).RunAsync(["--list-servers"])).Out.ShouldBe(Table);
        var rows = await Json(portal, "--list-servers", "--json");
        rows[1].GetProperty("key").GetString().ShouldBe("k");
        rows[1].GetProperty("count").GetInt64().ShouldBe(1);
    }

    [Theory]
    [InlineData(
        "server 'AAAAAAAAAAAAAAAA' not found; see `kc.eportal server list`",
        "server",
        "tag",
        "AAAAAAAAAAAAAAAA",
        "x"
    )]
    [InlineData(
        "server 'AAAAAAAAAAAAAAAA' not found; see `kc.eportal server list`",
        "server",
        "history",
        "AAAAAAAAAAAAAAAA"
    )]
    [InlineData("feed 'nope' not found", "server", "list", "--feed", "nope")]
    [InlineData("key 'nope' not found", "server", "list", "--key", "nope")]
    [InlineData("invalid number of days: use 1 to 36500", "server", "clean", "--inactive", "--days", "0")]
    [InlineData("invalid number of days: use 1 to 36500", "server", "clean", "--inactive", "--days", "-3")]
    [InlineData("invalid page: use a limit of 1 to 10000 and an offset of 0 or more", "server", "list", "--limit", "0")]
    [InlineData(
        "invalid page: use a limit of 1 to 10000 and an offset of 0 or more",
        "server",
        "list",
        "--limit",
        "1000000000"
    )]
    [InlineData("invalid number of days: use 1 to 36500", "server", "clean", "--inactive", "--days", "2147483647")]
    public async Task What_cannot_be_done_is_said_in_a_sentence(string sentence, params string[] args)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.RegisterAsync();

        var (exit, output, error) = await Run(portal, 80, args);

        (exit, output).ShouldBe((1, ""));
        error.ShouldBe($"error: {sentence}\n");
        portal.Portal.Servers.CountByKey().Single().Count.ShouldBe(1);
    }

    private static async Task<string[]> Names(TestPortal portal, params string[] more) =>
        [
            .. (await Json(portal, ["server", "list", "--json", .. more]))
                .EnumerateArray()
                .Select(row => row.GetProperty("hostname").GetString()!),
        ];

    private static Task<(int Exit, string Out, string Err)> Run(TestPortal portal, int width, params string[] args) =>
        portal.CommandLine(width: width).RunAsync(args);

    private static Task<JsonElement> Json(TestPortal portal, params string[] args) =>
        PortalCli.JsonAsync(portal.CommandLine(), args);
}
