using EPortal.Accounts;
using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Keys;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

public sealed class MetricsTests
{
    [Fact]
    public async Task Every_metric_has_help_and_a_name_by_the_conventions()
    {
        await using var portal = await TestPortal.StartAsync();

        var metrics = await portal.ScrapeAsync();

        foreach (var (name, type) in metrics.Types)
        {
            metrics.Help.ShouldContainKey(name);
            if (name.StartsWith("eportal_", StringComparison.Ordinal))
                name.EndsWith("_total", StringComparison.Ordinal).ShouldBe(type == "counter", name);
        }

        metrics.Names.ShouldContain("process_cpu_seconds_total");
        metrics.Series.Keys.ShouldContain(series =>
            series.StartsWith("eportal_build_info{version=", StringComparison.Ordinal)
        );
        metrics["eportal_database_readable"].ShouldBe(1);
        metrics["eportal_database_size_bytes"].ShouldBeGreaterThan(4096);
        metrics["""eportal_disk_free_bytes{folder="patches"}"""].ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Check_ins_and_registrations_are_counted_by_how_they_ended()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { RegisterRateLimit = 3 });
        await portal.Portal.Keys.Add(TestPortal.Admin, "full", new KeySettings { ServerLimit = 1 });
        var id = await portal.RegisterAsync();
        await portal.RegisterAsync(key: "full");
        await portal.GetPlainAsync("register_server.plain?hostname=h&key=nope");
        using var locked = await portal.GetAsync("/admin/api/kcare/register_server.plain?hostname=h&key=k");

        using var good = await portal.CheckInAsync(TestPortal.Facts(id));
        using var unknown = await portal.CheckInAsync(TestPortal.Facts("AAAAAAAAAAAAAAAA"));
        using var odd = await portal.CheckInAsync(TestPortal.Facts(id) with { KernelId = "not one" });

        var metrics = await portal.ScrapeAsync();
        metrics["""eportal_checkins_total{result="answered"}"""].ShouldBe(2);
        metrics["""eportal_checkins_total{result="refused"}"""].ShouldBe(1);
        metrics["eportal_checkins_waiting"].ShouldBe(0);
        metrics["""eportal_registrations_total{result="registered"}"""].ShouldBe(2);
        metrics["""eportal_registrations_total{result="invalid_key"}"""].ShouldBe(1);
        metrics["""eportal_registrations_total{result="throttled"}"""].ShouldBe(1);
        metrics["eportal_api_throttled_total"].ShouldBe(1);
        metrics["""eportal_http_requests_total{route="/admin/api/kcare/checkin",method="POST",status="200"}"""]
            .ShouldBe(2);
        metrics["""eportal_http_requests_total{route="/admin/api/kcare/checkin",method="POST",status="401"}"""]
            .ShouldBe(1);
        metrics["""eportal_http_request_duration_seconds_count{route="/admin/api/kcare/checkin",method="POST"}"""]
            .ShouldBe(3);
    }

    [Fact]
    public async Task Sent_patch_files_are_counted_with_their_bytes()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1, payload: new byte[5000]);
        var id = await portal.RegisterAsync();
        using var checkin = await portal.CheckInAsync(TestPortal.Facts(id));
        var answer = System.Text.Json.JsonSerializer.Deserialize(
            await checkin.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            AgentJson.Default.CheckInAnswer
        )!;
        var file = answer.Files!.Single(one => one.Size == 5000);

        using var whole = await portal.GetAsync(file.Url, id);
        using var part = await portal.GetAsync(file.Url, id, headers => headers.Range = new(0, 99));
        using var head = await portal.SendAsync(HttpMethod.Head, file.Url, id);
        using var none = await portal.GetAsync($"/{TestPortal.KernelId}/1/nothing.bin", id);

        var metrics = await portal.ScrapeAsync();
        metrics["eportal_patch_file_requests_total"].ShouldBe(2);
        metrics["eportal_patch_file_sent_bytes_total"].ShouldBe(5100);
    }

    [Fact]
    public async Task Servers_are_counted_by_feed_and_status_beside_the_answer()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var (current, behind) = (await portal.RegisterAsync("a"), await portal.RegisterAsync("b"));
        await portal.RegisterAsync("c");
        using var first = await portal.CheckInAsync(TestPortal.Facts(current) with { PatchLevel = 1 });
        using var second = await portal.CheckInAsync(TestPortal.Facts(behind));

        var metrics = await portal.ScrapeAsync();

        Servers(metrics).ShouldBe([1, 1, 1, 0]);
        metrics["eportal_feeds"].ShouldBe(1);
        portal.Time.Advance(TimeSpan.FromHours(49));
        using var third = await portal.CheckInAsync(TestPortal.Facts(behind) with { PatchLevel = 1 });
        await portal.ScrapeUntilAsync(after => Servers(after) is [1, 0, 0, 2]);
    }

    [Fact]
    public async Task Feeds_that_lack_something_newer_are_behind_and_deleted_ones_are_forgotten()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Feeds.Add(TestPortal.Admin, "test", new());
        await portal.DeployAsync("K1", 1, feed: "test");
        (await portal.ScrapeAsync())["eportal_feeds_behind"].ShouldBe(0, "no server follows main");
        await portal.RegisterAsync();
        portal.Time.Advance(TimeSpan.FromMinutes(2));
        await portal.ScrapeUntilAsync(after => after["eportal_feeds_behind"] == 1);

        await portal.Portal.Feeds.Delete(TestPortal.Admin, "test");
        portal.Time.Advance(TimeSpan.FromMinutes(2));

        await portal.ScrapeUntilAsync(after => after["eportal_feeds"] == 1);
        (await portal.ScrapeAsync()).Series.Keys.ShouldNotContain(series => series.Contains("feed=\"test\""));
    }

    [Fact]
    public async Task The_patch_source_is_told_with_its_age()
    {
        await using var portal = await TestPortal.StartAsync();
        (await portal.ScrapeAsync())["eportal_source_age_seconds"].ShouldBe(double.NaN);
        await Note(portal, null);
        portal.Time.Advance(TimeSpan.FromSeconds(90));

        var good = await portal.ScrapeAsync();
        await Note(portal, nameof(SourceError.Expired));
        var bad = await portal.ScrapeAsync();

        good["eportal_source_last_sync_success"].ShouldBe(1);
        good["eportal_source_age_seconds"].ShouldBe(90);
        bad["eportal_source_last_sync_success"].ShouldBe(0);
        bad["eportal_source_last_success_timestamp_seconds"]
            .ShouldBe(good["eportal_source_last_success_timestamp_seconds"]);
    }

    [Fact]
    public async Task Logins_are_counted_by_how_they_ended()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Users.Add(TestPortal.Admin, "ada", new UserSettings("correct horse", IsAdmin: true));
        foreach (var password in Enumerable.Repeat("wrong", 12).Prepend("correct horse"))
        {
            using var answer = await portal.GetAsync(
                "/admin/api/keys",
                headers: headers => headers.Authorization = TestPortal.Basic($"ada:{password}")
            );
        }

        var metrics = await portal.ScrapeAsync();

        metrics["""eportal_logins_total{result="right"}"""].ShouldBe(1);
        metrics["""eportal_logins_total{result="wrong"}"""].ShouldBe(10);
        metrics["""eportal_logins_total{result="throttled"}"""].ShouldBe(2);
        metrics["eportal_api_throttled_total"].ShouldBe(2);
    }

    [Fact]
    public async Task Nothing_that_callers_choose_makes_series()
    {
        await using var portal = await TestPortal.StartAsync();
        using var warm = await portal.SendAsync(new HttpMethod("ODD"), "/nothing");
        using var known = await portal.SendAsync(new HttpMethod("ODD"), "/healthz");
        using var file = await portal.GetAsync($"/{new string('b', 40)}/1/file");
        await portal.ScrapeAsync();
        var before = (await portal.ScrapeAsync()).Series.Count;

        await Parallel.ForAsync(
            0,
            10_000,
            TestContext.Current.CancellationToken,
            async (i, _) =>
            {
                using var answer =
                    i % 2 == 0
                        ? await portal.SendAsync(new HttpMethod($"M{i}"), $"/path{i}")
                        : await portal.GetAsync($"/{i:x40}/{i}/file{i}");
            }
        );

        var after = await portal.ScrapeAsync();
        after.Series.Count.ShouldBeInRange(before, before + 3);
        after["""eportal_http_requests_total{route="other",method="other",status="404"}"""].ShouldBe(5001, 1);
    }

    private static double[] Servers(Exposition metrics) =>
        [
            .. new[] { "up_to_date", "outdated", "unsupported", "inactive" }.Select(status =>
                metrics[$"eportal_servers{{feed=\"main\",status=\"{status}\"}}"]
            ),
        ];

    private static Task Note(TestPortal portal, string? error) =>
        portal.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                SourceStore.Note(change, error, "A sentence.");
                return true;
            }
        );
}
