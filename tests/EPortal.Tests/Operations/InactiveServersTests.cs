using EPortal.Data;
using EPortal.EndToEnd;
using EPortal.Operations;
using EPortal.PatchSource;
using EPortal.Servers.Search;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

/// <summary>Servers that are deleted by themselves after a month of silence.</summary>
public sealed class InactiveServersTests
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_does_not_check_in_for_a_month_is_deleted_and_one_that_calls_stays()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                CleanInactiveServersPeriod = s_day,
            }
        );
        var inactive = await portal.RegisterAsync("inactive");
        var calling = await portal.RegisterAsync("calling");
        (await portal.CheckInAsync(TestPortal.Facts(inactive))).Dispose();
        for (var days = 0; days < 30; days++)
        {
            portal.Time.Advance(s_day);
            (await portal.CheckInAsync(TestPortal.Facts(calling) with { Uptime = days })).Dispose();
            await NoteAsync(portal.Portal.Log);
        }

        portal.Portal.Servers.List(new ServerQuery(), portal.Portal.Offers).Count.ShouldBe(2);
        portal.Time.Advance(s_day);
        await NoteAsync(portal.Portal.Log);
        portal.Time.Advance(s_day);

        await Eventually.IsTrueAsync(
            "the inactive host is gone",
            () => Task.FromResult(portal.Portal.Servers.List(new ServerQuery(), portal.Portal.Offers).Count == 1)
        );
        portal.TheServer().ServerId.ShouldBe(calling);
        var line = portal
            .Portal.Database.Read(session => UserLog.Latest(session, 5))
            .Where(entry => entry.Action == "server.clean")
            .ShouldHaveSingleItem();
        (line.Actor, line.Detail).ShouldBe(("portal", "inactive for 30 days: 1"));
    }

    [Fact]
    public async Task Off_means_off()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        await NoteDaysAsync(portal.Portal.Log, portal.Time.GetUtcNow(), 60);

        portal.Time.Advance(60 * s_day);
        await NoteAsync(portal.Portal.Log);
        portal.Time.Advance(60 * s_day);

        portal.TheServer().ServerId.ShouldBe(id);
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(29)]
    [InlineData(61)]
    [InlineData(3660)]
    public async Task Periods_of_any_length_are_kept(double days)
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using var worker = new Counting(TimeSpan.FromDays(days), time);
        await worker.StartAsync(Cancellation);
        await worker.ReachesAsync(1);

        for (var rounds = 2; rounds < 4; rounds++)
        {
            time.Advance(TimeSpan.FromDays(days * 0.99));
            worker.Rounds.ShouldBe(rounds - 1);
            await Eventually.IsTrueAsync(
                "the next round came",
                () =>
                {
                    time.Advance(TimeSpan.FromDays(days * 0.001));
                    return Task.FromResult(worker.Rounds >= rounds);
                }
            );
        }

        await worker.StopAsync(Cancellation);
    }

    /// <summary>Notes that some server was answered, on each of some days.</summary>
    internal static async Task NoteDaysAsync(ChangeLog log, DateTimeOffset first, int days)
    {
        for (var day = 0; day < days; day++)
            await log.Commit(Actor.Portal, change => Noted(change, first + (day * s_day)));
    }

    internal static Task NoteAsync(ChangeLog log) => log.Commit(Actor.Portal, change => Noted(change, change.Now));

    private static bool Noted(Change change, DateTimeOffset at)
    {
        CheckInHistory.Add(change.Session, new CheckInSpan(at, 1, 0, 0));
        return true;
    }

    private sealed class Counting(TimeSpan period, TimeProvider time) : PeriodicWorker(period, time)
    {
        private int _rounds;

        public int Rounds => Volatile.Read(ref _rounds);

        public Task ReachesAsync(int rounds) =>
            Eventually.IsTrueAsync($"there were {rounds} rounds", () => Task.FromResult(Rounds >= rounds));

        protected override Task Round(CancellationToken cancel)
        {
            Interlocked.Increment(ref _rounds);
            return Task.CompletedTask;
        }
    }
}
