using System.Net;
using EPortal.Tests.Accounts;
using EPortal.Tests.Operations;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>
/// No host makes the store grow without end, and none is held up by its neighbours behind the same address.
/// </summary>
public sealed class HostChangeLimitTests
{
    private const int Limit = 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tags_in_a_loop_are_refused_and_leave_nothing_behind()
    {
        await using var portal = await StartAsync();
        var (noisy, quiet) = (await portal.RegisterAsync("noisy"), await portal.RegisterAsync("quiet"));
        for (var n = 0; n < Limit; n++)
            (await Tag(portal, noisy, $"t{n}"))["code"].ShouldBe("0");
        var operations = Rows.Count(portal, "operation");

        using var refused = await portal.GetAsync($"/admin/api/kcare/tag_server.plain?server_id={noisy}&tag=more");
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        var lines = TestPortal.Lines(await refused.Content.ReadAsStringAsync(Cancellation));
        lines["code"].ShouldBe("6");
        lines["message"].ShouldContain("5 changes");

        (await Tag(portal, noisy, $"t{Limit - 1}"))["code"].ShouldBe("0", "it has these tags already");
        Rows.Count(portal, "operation").ShouldBe(operations);
        (await Tag(portal, quiet, "t"))["code"].ShouldBe("0");
        await portal.Portal.Servers.Tag(TestPortal.Admin, noisy, "by an admin");
        portal.Time.Advance(TimeSpan.FromHours(1));
        (await Tag(portal, noisy, "later"))["code"].ShouldBe("0");
        (await portal.ScrapeAsync())["""eportal_server_changes_refused_total{what="tags"}"""].ShouldBe(1);
    }

    [Fact]
    public async Task A_host_that_says_something_else_each_time_gets_its_level_and_no_longer_history()
    {
        await using var portal = await StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();
        for (var n = 0; n <= 20; n++)
        {
            using var answer = await portal.CheckInAsync(
                TestPortal.Facts(id) with
                {
                    Hostname = $"h{n}",
                    Uptime = 1000 - n,
                }
            );
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain("\"level\":1");
        }

        var history = portal.Portal.Servers.History(id, 100);
        history.Count(line => line.What == "hostname").ShouldBe(Limit);
        history[0].What.ShouldBe("limit");
        history[0].Became.ShouldBe("5");
        history.Count(line => line.What == "limit").ShouldBe(1);
        portal.TheServer().Facts.Hostname.ShouldBe("h20", "lists show what it said last");
        portal.Time.Advance(TimeSpan.FromHours(1));
        using var later = await portal.CheckInAsync(TestPortal.Facts(id) with { Hostname = "later" });
        portal.Portal.Servers.History(id, 100).Count(line => line.What == "hostname").ShouldBe(Limit + 1);
    }

    [Fact]
    public async Task Tags_of_a_check_in_above_the_limit_are_set_by_the_same_check_in_later()
    {
        await using var portal = await StartAsync();
        var id = await portal.RegisterAsync();
        for (var n = 0; n <= Limit; n++)
            (await portal.CheckInAsync(TestPortal.Facts(id) with { Tags = $"t{n}" })).StatusCode.ShouldBe(
                HttpStatusCode.OK
            );
        portal.TheServer().Tags.ShouldBe($"t{Limit - 1}");

        portal.Time.Advance(TimeSpan.FromHours(1));
        (await portal.CheckInAsync(TestPortal.Facts(id) with { Tags = $"t{Limit}" })).StatusCode.ShouldBe(
            HttpStatusCode.OK
        );

        portal.TheServer().Tags.ShouldBe($"t{Limit}");
    }

    [Fact]
    public async Task A_host_that_registers_and_leaves_in_a_loop_has_to_wait_and_its_neighbours_have_not()
    {
        await using var portal = await StartAsync();
        for (var n = 0; n < Limit; n++)
            await Leave(portal, await portal.RegisterAsync("loop"));
        var operations = Rows.Count(portal, "operation");

        foreach (
            var call in (string[])["/admin/api/kcare/register_server.plain?hostname=loop&key=k", "/admin/api/register"]
        )
        {
            using var refused = call.Contains('?', StringComparison.Ordinal)
                ? await portal.GetAsync(call)
                : await portal.PostAsync(call, """{"hostname":"loop","key":"k"}""");
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests, call);
            refused.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
            (await refused.Content.ReadAsStringAsync(Cancellation)).ShouldContain(
                "registered and unregistered too often"
            );
        }

        Rows.Count(portal, "operation").ShouldBe(operations);
        for (var n = 0; n < 3 * Limit; n++)
            (await portal.RegisterAsync("localhost")).ShouldNotBeEmpty(
                "hosts of one name behind one address that stay"
            );
        portal.Time.Advance(TimeSpan.FromHours(1));
        await Leave(portal, await portal.RegisterAsync("loop"));
    }

    [Fact]
    public async Task Hosts_that_leave_after_an_hour_are_no_loop()
    {
        await using var portal = await StartAsync();
        var ids = new List<string>();
        for (var n = 0; n < 3 * Limit; n++)
            ids.Add(await portal.RegisterAsync("localhost"));
        portal.Time.Advance(TimeSpan.FromHours(1));
        foreach (var id in ids)
            await Leave(portal, id);

        (await portal.RegisterAsync("localhost")).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Sizes_of_the_store_are_told()
    {
        await using var portal = await StartAsync();
        await portal.RegisterAsync();

        portal.Time.Advance(TimeSpan.FromMinutes(2));

        await portal.ScrapeUntilAsync(metrics =>
            metrics.Series.GetValueOrDefault("""eportal_database_rows{table="operation"}""") > 1
        );
        var metrics = await portal.ScrapeAsync();
        metrics["""eportal_database_rows{table="user_log"}"""].ShouldBe(Rows.Count(portal, "user_log"));
        metrics["""eportal_database_rows{table="server_history"}"""].ShouldBe(0);
        metrics["eportal_database_log_bytes"].ShouldBeInRange(1, metrics["eportal_database_size_bytes"]);
        metrics["eportal_database_free_bytes"].ShouldBeLessThan(metrics["eportal_database_size_bytes"]);
    }

    private static Task<TestPortal> StartAsync() =>
        TestPortal.StartAsync(settings => settings with { ServerChangesPerHour = Limit });

    private static Task<IReadOnlyDictionary<string, string>> Tag(TestPortal portal, string id, string tags) =>
        portal.GetPlainAsync($"tag_server.plain?server_id={id}&tag={tags}");

    private static async Task Leave(TestPortal portal, string id) =>
        (await portal.GetPlainAsync($"unregister_server.plain?server_id={id}"))["code"].ShouldBe("0");
}
