using System.Net;
using EPortal.Replication;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using EPortal.Tests.Operations;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Replication;

/// <summary>Where administrators see how replication is: API, command line, console, metrics, <c>check</c>,
/// <c>doctor</c>.</summary>
public sealed class ReplicationViewTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_api_tells_the_state_to_every_account()
    {
        await using var api = await ApiCaller.StartAsync(KnownPeers.On);
        await KnownPeers.NoteAsync(
            api.Portal,
            KnownPeers.InSync(api.Portal) with
            {
                Vector = new Dictionary<string, long> { ["CCCC"] = 7 },
                Skew = TimeSpan.FromMilliseconds(-250),
            }
        );
        await KnownPeers.ReceiveKeyAsync(api.Portal, TestPortal.Key);
        api.Portal.Time.Advance(TimeSpan.FromSeconds(20));

        var answer = await api.Call("GET", "/replication", Carrier.Query, ApiCaller.Reader);

        answer.Status.ShouldBe(HttpStatusCode.OK);
        var json = answer.Json;
        json.GetProperty("on").GetBoolean().ShouldBeTrue();
        json.GetProperty("ok").GetBoolean().ShouldBeTrue();
        json.GetProperty("lag").GetInt64().ShouldBe(20);
        json.GetProperty("last_sync").GetString().ShouldBe("2026-05-01T12:00:00Z");
        json.GetProperty("conflicts").GetInt32().ShouldBe(1);
        var conflict = json.GetProperty("conflict_list")[0];
        conflict.GetProperty("entity").GetString().ShouldBe("key");
        conflict.GetProperty("name").GetString().ShouldBe(TestPortal.Key);
        conflict.GetProperty("count").GetInt64().ShouldBe(2);
        var node = json.GetProperty("upstream").GetProperty(KnownPeers.Url);
        node.GetProperty("state").GetString().ShouldBe("catching-up");
        node.GetProperty("behind").GetInt64().ShouldBe(7);
        node.GetProperty("skew").GetDouble().ShouldBe(-0.25);
        node.GetProperty("last_contact").GetString().ShouldBe("2026-05-01T12:00:00Z");

        api.Portal.Time.Advance(TimeSpan.FromSeconds(41));
        (await api.Get("/replication")).Json.GetProperty("ok").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task A_portal_alone_says_that_replication_is_off_and_nothing_more()
    {
        await using var visitors = await Visitors.StartAsync();
        var portal = visitors.Portal;
        // Left from the time when it was on.
        await KnownPeers.NoteAsync(portal, KnownPeers.InSync(portal) with { Error = "connection refused" });

        var json = (await visitors.Api.Get("/replication")).Json;

        json.GetProperty("on").GetBoolean().ShouldBeFalse();
        json.GetProperty("ok").GetBoolean().ShouldBeFalse();
        json.GetProperty("upstream").EnumerateObject().ShouldBeEmpty();
        (await visitors.Admin.TextAsync("/admin/replication")).ShouldContain("Replication is off");
        var start = await visitors.Admin.TextAsync("/admin");
        start.ShouldNotContain("/admin/replication");
        (await portal.ScrapeAsync()).Names.ShouldNotContain(name => name.StartsWith("eportal_replication"));
        (await portal.CommandLine().RunAsync(["check", "-v"])).Out.ShouldNotContain("replication");
        (await portal.CommandLine().RunAsync(["doctor", _folder.File("d")])).Out.ShouldNotContain("replication");
    }

    [Fact]
    public async Task The_short_status_is_one_line_and_ends_with_1_unless_all_is_well()
    {
        await using var portal = await TestPortal.StartAsync(KnownPeers.On);
        var cli = Cli(portal);
        (await cli.RunAsync(["replication", "--short-status"])).Exit.ShouldBe(1);
        await KnownPeers.NoteAsync(portal, KnownPeers.InSync(portal));

        var (exit, output, error) = await cli.RunAsync(["replication", "--short-status"]);

        exit.ShouldBe(0, error);
        output.TrimEnd('\n').ShouldNotContain('\n');
        output.ShouldStartWith("""{"on":true,"ok":true,"lag":0,"last_sync":"2026-05-01T12:00:00Z",""");
        (await portal.ScrapeAsync())["eportal_replication_ok"].ShouldBe(1);
    }

    [Fact]
    public async Task The_page_tells_of_each_node_how_it_is()
    {
        await using var visitors = await Visitors.StartAsync(KnownPeers.On);
        var portal = visitors.Portal;
        (await visitors.Reader.TextAsync("/admin/replication")).ShouldContain("No other node is known yet");
        await KnownPeers.NoteAsync(portal, KnownPeers.InSync(portal));
        await KnownPeers.NoteAsync(
            portal,
            KnownPeers.InSync(portal, "http://c.example") with
            {
                Error = Visitors.Hostile[0],
                Skew = TimeSpan.FromSeconds(90),
            }
        );
        await KnownPeers.NoteAsync(
            portal,
            KnownPeers.InSync(portal, "http://d.example") with
            {
                Differing = ["account", "feed"],
            }
        );

        var page = await visitors.Reader.TextAsync("/admin/replication");

        page.ShouldContain("""<a class="nav-link" href="/admin/replication" aria-current="page">""");
        page.ShouldContain("http://a.example:8080</strong>");
        page.ShouldContain($"""<a href="{KnownPeers.Url}/admin/replication" rel="noreferrer">{KnownPeers.Url}</a>""");
        RowOf(page, KnownPeers.Url).ShouldContain(">in sync<");
        RowOf(page, "http://c.example").ShouldContain(">failed<");
        RowOf(page, "http://c.example").ShouldContain("1 minute ahead");
        Visitors.ShouldShowEncoded(page, Visitors.Hostile[0]);
        RowOf(page, "http://d.example").ShouldContain("user, feed");
        page.ShouldContain("kc.eportal replication --full-sync");
        page.ShouldContain("No name is used twice.");
    }

    [Fact]
    public async Task The_page_says_of_names_that_several_have_what_that_means()
    {
        await using var visitors = await Visitors.StartAsync(KnownPeers.On);
        await KnownPeers.ReceiveKeyAsync(visitors.Portal, TestPortal.Key);

        var page = await visitors.Reader.TextAsync("/admin/replication");

        page.ShouldContain($"""<a href="/admin/keys/{TestPortal.Key}">{TestPortal.Key}</a>""");
        page.ShouldContain("Servers of all of them belong to it.");
        Visitors.ShouldChangeNothing(page);
    }

    [Fact]
    public async Task Metrics_tell_of_each_node_and_forget_one_that_is_forgotten()
    {
        await using var portal = await TestPortal.StartAsync(KnownPeers.On);
        await KnownPeers.NoteAsync(
            portal,
            KnownPeers.InSync(portal) with
            {
                Vector = new Dictionary<string, long> { ["CCCC"] = 7 },
                Skew = TimeSpan.FromMilliseconds(1500),
            }
        );
        await KnownPeers.NoteAsync(portal, new Peer { Url = "http://new.example" });
        await KnownPeers.ReceiveKeyAsync(portal, TestPortal.Key);
        portal.Time.Advance(TimeSpan.FromSeconds(30));

        var metrics = await portal.ScrapeAsync();

        metrics["eportal_replication_ok"].ShouldBe(0);
        metrics["eportal_replication_conflicts"].ShouldBe(1);
        metrics[$$"""eportal_replication_lag_seconds{node="{{KnownPeers.Url}}"}"""].ShouldBe(30);
        metrics[$$"""eportal_replication_behind_operations{node="{{KnownPeers.Url}}"}"""].ShouldBe(7);
        metrics[$$"""eportal_replication_skew_seconds{node="{{KnownPeers.Url}}"}"""].ShouldBe(1.5);
        metrics["""eportal_replication_lag_seconds{node="http://new.example"}"""].ShouldBe(double.NaN);

        (await Cli(portal).RunAsync(["replication", "forget", "http://new.example"])).Exit.ShouldBe(0);
        var after = await portal.ScrapeAsync();
        after.Series.Keys.ShouldNotContain(series => series.Contains("new.example"));
        after["eportal_replication_ok"].ShouldBe(1);
    }

    [Fact]
    public async Task What_needs_somebody_is_found_by_check_doctor_and_the_first_page()
    {
        await using var visitors = await Visitors.StartAsync(KnownPeers.On);
        var portal = visitors.Portal;
        await Finds(1, "WARNING: replication: replication is on, but no other node is known");
        await KnownPeers.NoteAsync(portal, KnownPeers.InSync(portal));
        await Finds(0, "OK: replication: in sync with 1 node");

        await KnownPeers.NoteAsync(portal, KnownPeers.InSync(portal) with { Skew = TimeSpan.FromMilliseconds(-1500) });
        await Finds(
            1,
            $"WARNING: replication: the clock of {KnownPeers.Url} is 1.5 seconds behind this one; set both by NTP"
        );
        await KnownPeers.NoteAsync(portal, KnownPeers.InSync(portal) with { Error = "connection refused" });
        await Finds(2, $"CRITICAL: replication: replication with {KnownPeers.Url} failed: connection refused");
        await KnownPeers.NoteAsync(portal, KnownPeers.InSync(portal) with { Differing = ["key"] });
        await Finds(
            2,
            $"CRITICAL: replication: {KnownPeers.Url} has the same changes as this node and other rows of key; "
        );
        await KnownPeers.NoteAsync(
            portal,
            KnownPeers.InSync(portal) with
            {
                Vector = new Dictionary<string, long> { ["CCCC"] = 1 },
                Synced = portal.Time.GetUtcNow() - TimeSpan.FromSeconds(61),
            }
        );
        await Finds(
            2,
            $"CRITICAL: replication: the last sync with {KnownPeers.Url} was 61 seconds ago, 1 change missing here"
        );

        var start = await visitors.Admin.TextAsync("/admin");
        start.ShouldContain($"The last sync with {KnownPeers.Url} was 61 seconds ago");
        start.ShouldContain("href=\"/admin/replication\" aria-describedby=");
        var (exit, doctor, _) = await Cli(portal).RunAsync(["doctor", _folder.File("d")]);
        exit.ShouldBe(1);
        doctor.ShouldContain($"problem: replication: the last sync with {KnownPeers.Url}");

        async Task Finds(int expected, string line)
        {
            var (state, output, error) = await Cli(portal).RunAsync(["check", "-v"]);
            output.ShouldContain($"\n{line}", Case.Sensitive, error);
            state.ShouldBe(expected, output);
        }
    }

    private static CliRunner Cli(TestPortal portal)
    {
        var cli = portal.CommandLine();
        cli.Environment["EPORTAL_NODE_URL"] = "'http://a.example:8080/'";
        cli.Environment["EPORTAL_REPLICATION_SHARED_KEY"] = $"'{ReplicaNode.SharedKey}'";
        return cli;
    }

    private static string RowOf(string page, string node)
    {
        var begin = page.IndexOf($">{node}</a></th>", StringComparison.Ordinal);
        begin.ShouldBePositive(node);
        return page[begin..page.IndexOf("</tr>", begin, StringComparison.Ordinal)];
    }
}
