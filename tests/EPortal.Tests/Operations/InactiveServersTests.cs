using Dapper;
using EPortal.Data;
using EPortal.EndToEnd;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Operations;
using EPortal.PatchSource;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Servers.Search;
using EPortal.Tests.Agents;
using EPortal.Tests.Data;
using Microsoft.Extensions.Logging.Abstractions;
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

    [Fact]
    public async Task After_the_portal_was_down_for_long_nobody_is_deleted_until_hosts_had_their_time()
    {
        await using var store = new TestStore();
        await FleetAsync(store, 3);
        await NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 5);
        store.Time.Advance(50 * s_day);

        (await CleanAsync(store)).ShouldBe(0);
        await NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 24);
        store.Time.Advance(24 * s_day);
        (await CleanAsync(store)).ShouldBe(0);

        await NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 3);
        store.Time.Advance(3 * s_day);
        (await CleanAsync(store)).ShouldBe(3);
    }

    [Fact]
    public async Task A_clock_that_leaps_deletes_nobody()
    {
        await using var store = new TestStore();
        await NoteDaysAsync(store.Log, store.Time.GetUtcNow() - (40 * s_day), 41);
        await FleetAsync(store, 2);

        store.Time.Advance(3000 * s_day);

        (await CleanAsync(store)).ShouldBe(0);
        await NoteAsync(store.Log);
        (await CleanAsync(store)).ShouldBe(0);
    }

    [Fact]
    public async Task A_host_that_called_while_the_clock_was_behind_stays()
    {
        await using var store = new TestStore();
        await NoteDaysAsync(store.Log, store.Time.GetUtcNow() - (40 * s_day), 41);
        var ids = await FleetAsync(store, 2);
        await store.Log.Commit(
            Actor.Agent,
            change =>
                change.Db.Execute(
                    "UPDATE server_checkin SET at = 0; UPDATE server SET registered = 0; UPDATE server_checkin SET stamp = 1 WHERE server = (SELECT local FROM server WHERE server_id = @id)",
                    new { id = ids[0] }
                )
        );

        (await CleanAsync(store)).ShouldBe(1);

        store.Scalar<string>("SELECT server_id FROM server").ShouldBe(ids[1]);
    }

    [Fact]
    public async Task A_host_whose_check_in_waits_in_the_log_stays()
    {
        await using var store = new TestStore();
        var ids = await FleetAsync(store, 2);
        await NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 40);
        store.Time.Advance(40 * s_day);
        var entries = new byte[CheckInLog.TimeSize];
        CheckInLog.WriteTime(
            entries,
            store.Scalar<long>("SELECT local FROM server WHERE server_id = @id", new { id = ids[1] }),
            9000
        );
        await store.Log.Commit(
            Actor.Agent,
            change =>
                change.Session.Execute(
                    "INSERT INTO checkin_log (stamp, at, entries) VALUES (@stamp, @at, @entries)",
                    ("@stamp", change.NextStamp()),
                    ("@at", UnixMicros.Of(change.Now)),
                    ("@entries", entries)
                )
        );

        (await CleanAsync(store)).ShouldBe(1);

        store.Scalar<string>("SELECT server_id FROM server").ShouldBe(ids[1]);
    }

    [Fact]
    public async Task Very_many_are_deleted_some_at_a_time()
    {
        await using var store = new TestStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        await Task.WhenAll(
            Enumerable
                .Range(0, 4100)
                .Select(_ => new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "k"))
        );
        await NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 40);
        store.Time.Advance(40 * s_day);

        (await CleanAsync(store)).ShouldBe(4100);

        store
            .Database.Read(session => UserLog.Latest(session, 10))
            .Where(line => line.Action == "server.clean")
            .Select(line => line.Detail)
            .ShouldBe(["inactive for 30 days: 100", "inactive for 30 days: 2000", "inactive for 30 days: 2000"]);
    }

    [Fact]
    public async Task A_failure_deletes_nobody_and_is_no_end()
    {
        await using var store = new TestStore();
        await FleetAsync(store, 1);
        await NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 40);
        store.Time.Advance(40 * s_day);
        await store.Log.Commit(Actor.Agent, change => change.Session.Execute("ALTER TABLE checkin_log RENAME TO away"));
        using var worker = Worker(store, s_day);

        (await worker.TryClean(Cancellation)).ShouldBeFalse();
        await store.Log.Commit(Actor.Agent, change => change.Session.Execute("ALTER TABLE away RENAME TO checkin_log"));
        (await CleanAsync(store)).ShouldBe(1);
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

    private static async Task<int> CleanAsync(TestStore store)
    {
        var before = store.Scalar<long>("SELECT count(*) FROM server");
        using var worker = Worker(store, s_day);
        (await worker.TryClean(Cancellation)).ShouldBeTrue();
        return (int)(before - store.Scalar<long>("SELECT count(*) FROM server"));
    }

    private static InactiveServersWorker Worker(TestStore store, TimeSpan period) =>
        new(
            new InactiveServers(store.Database, store.Log),
            store.Database,
            period,
            store.Time,
            NullLogger<InactiveServersWorker>.Instance
        );

    private static async Task<List<string>> FleetAsync(TestStore store, int count)
    {
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        var ids = new List<string>();
        for (var n = 0; n < count; n++)
        {
            var id = (await new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "k")).ServerId!;
            var server = store.Database.Read(session => CheckInRecorder.FindOrNull(session, id))!;
            await new CheckInRecorder(store.Log, new ServerCache(store.Database, new Offers()), store.Changes).Record(
                server,
                new CheckIn(
                    new ServerFacts
                    {
                        Ip = "192.0.2.9",
                        Hostname = "h",
                        KernelId = new string('a', 40),
                    },
                    100,
                    null
                )
            );
            ids.Add(id);
        }

        return ids;
    }

    /// <summary>Notes that some server was answered, on each of some days.</summary>
    private static async Task NoteDaysAsync(ChangeLog log, DateTimeOffset first, int days)
    {
        for (var day = 0; day < days; day++)
            await log.Commit(Actor.Portal, change => Noted(change, first + (day * s_day)));
    }

    private static Task NoteAsync(ChangeLog log) => log.Commit(Actor.Portal, change => Noted(change, change.Now));

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
