using EPortal.Data;
using EPortal.Operations;
using EPortal.Tests.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

/// <summary>Check-ins over time.</summary>
public sealed class CheckInHistoryTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 1, 12, 34, 56, TimeSpan.Zero);

    [Fact]
    public async Task Each_minute_the_checkins_that_came_are_noted_and_an_idle_portal_notes_nothing()
    {
        await using var api = await ApiCaller.StartAsync();
        var id = await api.Portal.RegisterAsync();
        for (var number = 0; number < 3; number++)
            (await api.Portal.CheckInAsync(TestPortal.Facts(id))).Dispose();
        (await api.Portal.CheckInAsync(TestPortal.Facts("0123456789abcdef"))).Dispose();

        await NotedAsync(
            api.Portal,
            () => Points(api.Portal)[^1],
            new CheckInSpan(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero), 3, 1, 0)
        );
        Rows.Count(api.Portal, "checkin_history").ShouldBe(1);
        api.Portal.Time.Advance(TimeSpan.FromMinutes(20));
        (await api.Portal.CheckInAsync(TestPortal.Facts(id))).Dispose();

        await NotedAsync(api.Portal, () => Points(api.Portal)[^1].Answered, 1);
        Points(api.Portal).Sum(point => point.Answered).ShouldBe(4);
        Rows.Count(api.Portal, "checkin_history").ShouldBe(2);
    }

    [Fact]
    public async Task What_was_not_noted_yet_is_noted_when_the_portal_stops()
    {
        await using var api = await ApiCaller.StartAsync();
        (await api.Portal.CheckInAsync(TestPortal.Facts(await api.Portal.RegisterAsync()))).Dispose();
        var worker = api.Portal.Services.GetServices<IHostedService>().OfType<CheckInHistoryWorker>().Single();

        await worker.StopAsync(TestContext.Current.CancellationToken);

        Points(api.Portal)[^1].Answered.ShouldBe(1);
    }

    [Fact]
    public async Task A_range_has_a_point_for_each_step_and_zeros_where_nothing_came()
    {
        using var folder = new TempFolder();
        using var database = Database.Open(folder.Path);
        await using var log = new ChangeLog(database, EPortal.Hosting.Entities.Catalog, TimeProvider.System);
        foreach (
            var ago in new[]
            {
                TimeSpan.Zero,
                TimeSpan.FromMinutes(5),
                TimeSpan.FromHours(3),
                TimeSpan.FromDays(2),
                TimeSpan.FromDays(29),
            }
        )
            await Add(log, s_now - ago);

        foreach (var range in CheckInRange.All)
        {
            var points = database.Read(session => CheckInHistory.Read(session, range, s_now));
            points.Count.ShouldBe((int)(range.Length / range.Step));
            points.Zip(points.Skip(1)).ShouldAllBe(pair => pair.Second.At - pair.First.At == range.Step);
            (s_now - points[^1].At).ShouldBeLessThan(range.Step);
            points
                .Sum(point => point.Answered)
                .ShouldBe(
                    range.Name switch
                    {
                        "24h" => 3,
                        "7d" => 4,
                        _ => 5,
                    }
                );
            points
                .Count(point => point.Answered > 0)
                .ShouldBe(
                    range.Name switch
                    {
                        "24h" => 3,
                        "7d" => 3,
                        _ => 4,
                    }
                );
        }
    }

    [Fact]
    public async Task As_many_rows_are_kept_as_92_days_have_and_a_clock_that_stood_a_year_ahead_ends_none()
    {
        using var folder = new TempFolder();
        using var database = Database.Open(folder.Path);
        await using var log = new ChangeLog(database, EPortal.Hosting.Entities.Catalog, TimeProvider.System);
        await Add(log, s_now - TimeSpan.FromDays(29));
        await Add(log, s_now + TimeSpan.FromDays(365));
        await Add(log, s_now);
        Count(database).ShouldBe(3);

        const long Kept = 92 * 24 * 6;
        var step = CheckInHistory.Step.Ticks / TimeSpan.TicksPerMicrosecond;
        await log.Commit(
            Actor.Portal,
            change =>
                change.Session.Execute(
                    """
                    WITH RECURSIVE n (at) AS (SELECT @first UNION ALL SELECT at - @step FROM n LIMIT 15000)
                    INSERT INTO checkin_history (at, answered, refused, failed) SELECT at, 1, 0, 0 FROM n WHERE true ON CONFLICT DO NOTHING
                    """,
                    ("@first", UnixMicros.Of(s_now) / step * step),
                    ("@step", step)
                )
        );
        await Add(log, s_now);

        Count(database).ShouldBe(Kept);
        database
            .Read(session => session.Scalar("SELECT min(at) FROM checkin_history"))
            .ShouldBe((UnixMicros.Of(s_now) / step * step) - (step * (Kept - 2)), "the newest of them is a year ahead");
    }

    [Fact]
    public async Task The_page_shows_the_range_that_is_asked_for_and_the_default_for_any_other()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                CheckInHistory.Add(change.Session, new CheckInSpan(change.Now - TimeSpan.FromDays(3), 4711, 0, 0));
                return true;
            }
        );
        using var browser = new Browser(api.Portal);
        (await browser.LogInAsync(ApiCaller.Reader, ApiCaller.Password)).Dispose();

        (await browser.TextAsync("/admin?checkins=7d")).ShouldContain("4711");
        (await browser.TextAsync("/admin?checkins=30d")).ShouldContain("4711");
        var page = await browser.TextAsync("/admin?checkins=%3Cscript%3E");
        page.ShouldContain("Check-ins of the last 24 hours");
        page.ShouldNotContain("4711");
    }

    private static Task<bool> Add(ChangeLog log, DateTimeOffset at) =>
        log.Commit(
            Actor.Portal,
            change =>
            {
                CheckInHistory.Add(change.Session, new CheckInSpan(at, 1, 0, 0));
                return true;
            }
        );

    private static long Count(Database database) =>
        (long)database.Read(session => session.Scalar("SELECT count(*) FROM checkin_history"))!;

    private static IReadOnlyList<CheckInSpan> Points(TestPortal portal) =>
        portal.Portal.Database.Read(session =>
            CheckInHistory.Read(session, CheckInRange.All[0], portal.Time.GetUtcNow())
        );

    /// <summary>Lets a minute pass and waits until the worker has noted what came.</summary>
    private static async Task NotedAsync<T>(TestPortal portal, Func<T> look, T wanted)
    {
        portal.Time.Advance(TimeSpan.FromMinutes(1));
        var begun = TimeProvider.System.GetTimestamp();
        while (!Equals(look(), wanted) && TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(10))
            await Task.Yield();
        look().ShouldBe(wanted);
    }
}
