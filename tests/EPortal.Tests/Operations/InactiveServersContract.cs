using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Operations;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Tests.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

/// <summary>Which servers are deleted by themselves after a month of silence.</summary>
public abstract class InactiveServersContract(TestDatabase kind) : StoreContract(kind)
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_the_portal_was_down_for_long_nobody_is_deleted_until_hosts_had_their_time()
    {
        await using var store = NewStore();
        await FleetAsync(store, 3);
        await InactiveServersTests.NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 5);
        store.Time.Advance(50 * s_day);

        (await CleanAsync(store)).ShouldBe(0);
        await InactiveServersTests.NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 24);
        store.Time.Advance(24 * s_day);
        (await CleanAsync(store)).ShouldBe(0);

        await InactiveServersTests.NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 3);
        store.Time.Advance(3 * s_day);
        (await CleanAsync(store)).ShouldBe(3);
    }

    [Fact]
    public async Task A_clock_that_leaps_deletes_nobody()
    {
        await using var store = NewStore();
        await InactiveServersTests.NoteDaysAsync(store.Log, store.Time.GetUtcNow() - (40 * s_day), 41);
        await FleetAsync(store, 2);

        store.Time.Advance(3000 * s_day);

        (await CleanAsync(store)).ShouldBe(0);
        await InactiveServersTests.NoteAsync(store.Log);
        (await CleanAsync(store)).ShouldBe(0);
    }

    [Fact]
    public async Task A_host_that_called_while_the_clock_was_behind_stays()
    {
        await using var store = NewStore();
        await InactiveServersTests.NoteDaysAsync(store.Log, store.Time.GetUtcNow() - (40 * s_day), 41);
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
        await using var store = NewStore();
        var ids = await FleetAsync(store, 2);
        await InactiveServersTests.NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 40);
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
        await using var store = NewStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        await Task.WhenAll(
            Enumerable
                .Range(0, 4100)
                .Select(_ => new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "k"))
        );
        await InactiveServersTests.NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 40);
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
        await using var store = NewStore();
        await FleetAsync(store, 1);
        await InactiveServersTests.NoteDaysAsync(store.Log, store.Time.GetUtcNow(), 40);
        store.Time.Advance(40 * s_day);
        await store.Log.Commit(Actor.Agent, change => change.Session.Execute("ALTER TABLE checkin_log RENAME TO away"));
        using var worker = Worker(store, s_day);

        (await worker.TryClean(Cancellation)).ShouldBeFalse();
        await store.Log.Commit(Actor.Agent, change => change.Session.Execute("ALTER TABLE away RENAME TO checkin_log"));
        (await CleanAsync(store)).ShouldBe(1);
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
            new InactiveServers(store.Database, store.Log, new Alone()),
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

    /// <summary>No other node takes check-ins.</summary>
    private sealed class Alone : CheckInsElsewhere
    {
        public override void RequireKnown() { }
    }
}
