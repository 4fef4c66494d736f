using EPortal.Data;
using EPortal.Operations;
using EPortal.Tests.Agents;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

/// <summary>Counts of servers over time.</summary>
public sealed class ServerStatsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 1, 12, 34, 56, TimeSpan.Zero);

    [Fact]
    public async Task They_are_recorded_at_the_start_and_each_period_and_shown_on_Start()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                ServerStatsPeriod = TimeSpan.FromHours(1),
            }
        );
        await UntilAsync(() => Points(portal).Count == 1);
        await portal.RegisterAsync();
        portal.Time.Advance(TimeSpan.FromHours(1));

        await UntilAsync(() => Points(portal).Count == 2);

        Points(portal).Select(point => point.Unsupported).ShouldBe([0L, 1L]);
    }

    [Fact]
    public async Task They_are_bounded_in_number_and_the_last_of_ten_minutes_counts()
    {
        using var folder = new TempFolder();
        using var database = Database.Open(folder.Path);
        await using var log = new ChangeLog(database, EPortal.Hosting.Entities.Catalog, TimeProvider.System);
        await log.Commit(
            Actor.Portal,
            change =>
            {
                for (var minute = 0; minute < 60 * 24 * 95; minute += 5)
                    ServerStats.Add(change.Session, s_now.AddMinutes(minute), new ServerCounts(minute, 0, 0, 0));
                return true;
            }
        );

        var rows = database.Read(session => (long)session.Scalar("SELECT count(*) FROM server_stats")!);
        var points = database.Read(session =>
            ServerStats.Read(session, CheckInRange.All[0], s_now.AddMinutes((60 * 24 * 95) - 5))
        );

        rows.ShouldBe(13_248);
        points.Count.ShouldBe(144);
        points[^1].UpToDate.ShouldBe((60 * 24 * 95) - 5);
    }

    private static IReadOnlyList<ServerStatsPoint> Points(TestPortal portal) =>
        portal.Portal.Database.Read(session => ServerStats.Read(session, CheckInRange.All[0], portal.Time.GetUtcNow()));

    private static async Task UntilAsync(Func<bool> condition)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            await Task.Yield();
            TimeProvider.System.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(20));
        }
    }
}
