using EPortal.Data;
using EPortal.EndToEnd;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Operations;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Servers.Search;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers.CheckIns;

/// <summary>Check-ins that are in the log and not yet in their servers' rows.</summary>
public abstract class LoggedCheckInContract(TestDatabase kind) : StoreContract(kind)
{
    private static readonly ServerFacts Facts = new()
    {
        Ip = "192.0.2.9",
        Hostname = "h",
        KernelId = new string('a', 40),
    };

    [Fact]
    public async Task Cleaning_knows_them_and_lists_filters_and_counts_once_they_are_taken_in()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 4);
        store.Time.Advance(TimeSpan.FromDays(40));
        await WriteLog(store, ids[0], ids[2]);
        var servers = new ServerStore(store.Database, store.Log, store.Changes, store.Time);
        (await servers.CleanInactive(TestStore.Admin, 50)).ShouldBe(0);
        (await servers.CleanInactive(TestStore.Admin, 39)).ShouldBe(2);
        await TakeIn(store, known);

        var listed = servers.List(new ServerQuery(), new Offers());
        listed.Where(server => !server.Inactive).Select(server => server.ServerId).ShouldBe([ids[0], ids[2]]);
        listed
            .Where(server => server.Checkin == store.Time.GetUtcNow() && server.Uptime == 9000)
            .Select(server => server.ServerId)
            .ShouldBe([ids[0], ids[2]]);
        foreach (var tag in (string?[])[null, "t"])
        {
            Filtered(servers, within: true, tag).ShouldBe([ids[0], ids[2]]);
            Filtered(servers, within: false, tag).ShouldBeEmpty();
        }

        store
            .Database.Read(session => ServerCensus.Take(session, new Offers(), store.Time.GetUtcNow()))[Feed.Main]
            .Inactive.ShouldBe(0);
    }

    [Fact]
    public async Task They_come_into_the_rows_in_time_and_leave_the_log()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 3);
        store.Time.Advance(TimeSpan.FromHours(1));
        var at = UnixMicros.Of(store.Time.GetUtcNow());
        await WriteLog(store, ids[0], ids[1]);
        store.Time.Advance(TimeSpan.FromHours(1));
        var times = new CheckInRecorder(store.Log, known, store.Changes);
        store.Log.StartMaintenance();

        PackedServerId.TryRead(ids[2], out var third);
        (await times.Record(third, Local(store, ids[2]), 10_000)).ShouldBeTrue();

        await Empty(store);
        store
            .Scalar<long>("SELECT count(*) FROM server_checkin WHERE at = @at AND uptime = 9000", new { at })
            .ShouldBe(2);
        store.Scalar<long>("SELECT uptime FROM server_checkin WHERE at > @at", new { at }).ShouldBe(10_000);
    }

    [Fact]
    public async Task A_commit_that_fails_while_they_are_taken_in_loses_none_and_acknowledges_none()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 2);
        await WriteLog(store, ids[0]);
        var checkIns = new CheckInRecorder(store.Log, known, store.Changes);
        PackedServerId.TryRead(ids[1], out var second);
        await using (var held = HeldWriter.Now(store.Log))
        {
            var checkIn = checkIns.Record(second, Local(store, ids[1]), 10_000).AsTask();
            var bad = store.BreakCommit();
            await held.ReleaseAsync();
            await Should.ThrowAsync<StoreException>(bad);
            await Should.ThrowAsync<StoreException>(checkIn);
        }

        store.Scalar<long>("SELECT count(*) FROM checkin_log").ShouldBe(1);
        store.Scalar<long>("SELECT max(uptime) FROM server_checkin").ShouldBe(100);
        (await checkIns.Record(second, Local(store, ids[1]), 10_001)).ShouldBeTrue();

        store.Rows("SELECT uptime FROM server_checkin ORDER BY server").ShouldBe(["9000", "10001"]);
        store.Scalar<long>("SELECT count(*) FROM checkin_log").ShouldBe(0);
    }

    [Fact]
    public async Task A_commit_that_fails_while_new_words_are_taken_in_loses_none()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 250);
        await Storm(store, new CheckInRecorder(store.Log, known, store.Changes), ids, level: 2);
        // When the storm is over the first commit takes all in.
        store.Time.Advance(TimeSpan.FromSeconds(1));
        var checkIns = new CheckInRecorder(store.Log, known, store.Changes);
        var (waiting, written) = (
            store.Scalar<long>("SELECT sum(length(servers)) / 8 FROM checkin_log"),
            store.Scalar<long>("SELECT count(*) FROM server_facts WHERE patch_level = 2")
        );
        waiting.ShouldBeInRange(1, 249);
        await using (var held = HeldWriter.Now(store.Log))
        {
            PackedServerId.TryRead(ids[0], out var first);
            var checkIn = checkIns.Record(first, Local(store, ids[0]), 10_000).AsTask();
            var bad = store.BreakCommit();
            await held.ReleaseAsync();
            await Should.ThrowAsync<StoreException>(bad);
            await Should.ThrowAsync<StoreException>(checkIn);
        }

        store.Scalar<long>("SELECT sum(length(servers)) / 8 FROM checkin_log").ShouldBe(waiting);
        store.Scalar<long>("SELECT count(*) FROM server_facts WHERE patch_level = 2").ShouldBe(written);
        store.Log.StartMaintenance();
        await Empty(store);

        store.Scalar<long>("SELECT count(*) FROM server_facts WHERE patch_level = 2").ShouldBe(250);
        checkIns.Behind.ShouldBe(0);
    }

    [Fact]
    public async Task New_words_leave_the_log_only_after_they_are_in_the_rows()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 250);
        await store.Log.Commit(
            Actor.Agent,
            change =>
            {
                change.Session.Execute("CREATE TABLE told (number INTEGER PRIMARY KEY, written INTEGER, gone INTEGER)");
                Kind.AddTrigger(change.Session, "AFTER UPDATE ON server_facts", Told("1", "0"));
                Kind.AddTrigger(
                    change.Session,
                    "BEFORE DELETE ON checkin_log",
                    Told("0", "coalesce(length(old.servers), 0) / 8")
                );
                return true;
            }
        );

        await Storm(store, new CheckInRecorder(store.Log, known, store.Changes), ids, level: 2);
        await TakeIn(store, known);

        store.Scalar<long>("SELECT sum(gone) FROM told").ShouldBe(250);
        store
            .Scalar<long>(
                "SELECT min(ahead) FROM (SELECT sum(written - gone) OVER (ORDER BY number) AS ahead FROM told) sums"
            )
            .ShouldBe(0);
    }

    [Fact]
    public async Task A_later_row_is_not_overwritten_by_an_earlier_check_in_of_the_log()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 1);
        await WriteLog(store, ids[0]);
        store.Time.Advance(TimeSpan.FromHours(1));
        var server = store.Database.Read(session => CheckInRecorder.FindOrNull(session, ids[0]))!;
        await new CheckInRecorder(store.Log, known, store.Changes).Record(
            server,
            new CheckIn(Facts with { PatchLevel = 3 }, 20, null, 5)
        );
        PackedServerId.TryRead(ids[0], out var id);

        (await new CheckInRecorder(store.Log, known, store.Changes).Record(id, server.Local, 21)).ShouldBeTrue();

        await TakeIn(store, known);
        store.Scalar<long>("SELECT uptime FROM server_checkin").ShouldBe(21);
    }

    [Fact]
    public async Task A_restart_is_seen_against_the_log_too()
    {
        await using var store = NewStore();
        var (ids, _) = await Fleet(store, 1);
        await WriteLog(store, ids[0]);
        var server = store.Database.Read(session => CheckInRecorder.FindOrNull(session, ids[0]))!;

        await new CheckInRecorder(store.Log, new ServerCache(store.Database, new Offers()), store.Changes).Record(
            server,
            new CheckIn(Facts, 8000, null)
        );

        var line = new ServerStore(store.Database, store.Log, store.Changes, store.Time)
            .History(ids[0], 10)
            .ShouldHaveSingleItem();
        (line.What, line.Was, line.Became).ShouldBe(("restart", "9000", "8000"));
    }

    [Fact]
    public async Task A_storm_of_new_words_is_acknowledged_from_the_log_and_comes_into_rows_and_histories_in_order()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 250);
        var checkIns = new CheckInRecorder(store.Log, known, store.Changes);
        (await Storm(store, checkIns, ids, level: 2)).ShouldAllBe(recorded => recorded);
        checkIns.Behind.ShouldBeInRange(1, 249);
        store.Time.Advance(TimeSpan.FromMinutes(1));
        (await Storm(store, checkIns, ids, level: 3)).ShouldAllBe(recorded => recorded);

        store.Log.StartMaintenance();
        await Empty(store);

        store.Scalar<long>("SELECT count(*) FROM server_facts WHERE patch_level = 3").ShouldBe(250);
        var history = new ServerStore(store.Database, store.Log, store.Changes, store.Time).History(ids[7], 10);
        history
            .Where(line => line.What == "level")
            .Select(line => (line.Was, line.Became))
            .ShouldBe([("2", "3"), ("0", "2")]);
        (history[0].At - history[^1].At).ShouldBe(TimeSpan.FromMinutes(1));
        checkIns.Behind.ShouldBe(0);
    }

    [Fact]
    public async Task Fields_that_were_dropped_in_a_storm_are_told_once()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 250);
        var checkIns = new CheckInRecorder(store.Log, known, store.Changes);
        await Storm(store, checkIns, ids, level: 2, dropped: "uptime is null");
        await Storm(store, checkIns, ids, level: 3, dropped: "uptime is null");
        checkIns.Behind.ShouldBeInRange(1, 500);
        await TakeIn(store, known);

        var told = new ServerStore(store.Database, store.Log, store.Changes, store.Time)
            .History(ids[^1], 10)
            .Where(line => line.What == ServerHistory.Dropped)
            .ShouldHaveSingleItem();
        (told.Was, told.Became).ShouldBe(("", "uptime is null"));
    }

    [Fact]
    public async Task After_a_kill_what_waits_is_not_taken_for_said_before_and_comes_into_the_rows()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 250);
        var checkIns = new CheckInRecorder(store.Log, known, store.Changes);
        await Storm(store, checkIns, ids, level: 2);

        // Another process finds the store as the first one left it.
        var restarted = new ServerCache(store.Database, new Offers());
        PackedServerId.TryRead(ids[200], out var id);
        restarted.TryFind(restarted.View(), id, out var agent, out _).ShouldBeTrue();
        (agent.Digest, agent.Uptime).ShouldBe((0, 1002));
        await TakeIn(store, restarted);

        store.Scalar<long>("SELECT count(*) FROM server_facts WHERE patch_level = 2").ShouldBe(250);
        var digest = FactsDigest.ForFeed(2, FactsDigest.OfFeed(Feed.Main));
        store
            .Scalar<long>(
                "SELECT count(*) FROM server_checkin WHERE digest = @digest AND uptime = 1002",
                new { digest }
            )
            .ShouldBe(250);
    }

    [Fact]
    public async Task A_host_that_changes_too_much_in_a_storm_is_limited_when_it_is_taken_in()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 250);
        var limit = new HostChangeLimiter(2, store.Time);
        var checkIns = new CheckInRecorder(store.Log, known, limit);
        for (var level = 2; level < 7; level++)
            await Storm(store, checkIns, ids, level);
        store.Log.StartMaintenance();
        await Empty(store);

        store.Scalar<long>("SELECT count(*) FROM server_facts WHERE patch_level = 6").ShouldBe(250);
        store.Scalar<long>("SELECT count(*) FROM server_history WHERE what = 'level'").ShouldBe(500);
        store.Scalar<long>("SELECT count(*) FROM server_history WHERE what = 'limit'").ShouldBe(250);
        limit.Refused[HostRefusal.History].ShouldBe(750);
    }

    [Fact]
    public async Task What_a_deleted_host_said_does_not_become_the_words_of_one_that_has_its_number_now()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 250);
        var checkIns = new CheckInRecorder(store.Log, known, store.Changes);
        await Storm(store, checkIns, ids, level: 2);
        var local = Local(store, ids[^1]);
        await new ServerStore(store.Database, store.Log, store.Changes, store.Time).Unregister(ids[^1]);
        var newcomer = (await new Registration(store.Log, store.Changes).Register("new", "192.0.2.9", "k")).ServerId!;
        Local(store, newcomer).ShouldBe(local);

        await TakeIn(store, known);

        store.Scalar<long>("SELECT count(*) FROM server_facts WHERE patch_level = 2").ShouldBe(249);
        store.Scalar<long>("SELECT count(*) FROM server_facts WHERE server = @local", new { local }).ShouldBe(0);
        store.Scalar<long>("SELECT count(*) FROM server_checkin WHERE server = @local", new { local }).ShouldBe(0);
    }

    [Fact]
    public async Task Nor_when_that_one_has_said_something_itself()
    {
        await using var store = NewStore();
        var (ids, known) = await Fleet(store, 250);
        var checkIns = new CheckInRecorder(store.Log, known, store.Changes);
        await Storm(store, checkIns, ids, level: 2);
        var local = Local(store, ids[^1]);
        await new ServerStore(store.Database, store.Log, store.Changes, store.Time).Unregister(ids[^1]);
        var newcomer = (await new Registration(store.Log, store.Changes).Register("new", "192.0.2.9", "k")).ServerId!;
        Local(store, newcomer).ShouldBe(local);
        // As another process writes it that knows nothing of the log.
        var server = store.Database.Read(session => CheckInRecorder.FindOrNull(session, newcomer))!;
        await store.Log.Commit(
            Actor.Agent,
            change =>
                ServerRecords.Write(
                    change,
                    store.Changes,
                    local,
                    new PendingFacts(server.Id, 50, 77, Facts with { PatchLevel = 9, Hostname = "new" }) { Was = -1 }
                )
        );

        await TakeIn(store, known);

        store.Scalar<long>("SELECT count(*) FROM server_facts WHERE patch_level = 2").ShouldBe(249);
        store
            .Scalar<string>("SELECT hostname || patch_level FROM server_facts WHERE server = @local", new { local })
            .ShouldBe("new9");
        store
            .Scalar<string>("SELECT uptime || ' ' || digest FROM server_checkin WHERE server = @local", new { local })
            .ShouldBe("50 77");
        new ServerStore(store.Database, store.Log, store.Changes, store.Time)
            .History(newcomer, 10)
            .ShouldNotContain(line => line.Became == "2");
    }

    private static string Told(string written, string gone) =>
        $"INSERT INTO told (number, written, gone) SELECT coalesce(max(number), 0) + 1, {written}, {gone} FROM told";

    /// <summary>All hosts say something new, in one commit.</summary>
    private static async Task<bool[]> Storm(
        TestStore store,
        CheckInRecorder checkIns,
        List<string> ids,
        long level,
        string dropped = ""
    )
    {
        await using var held = HeldWriter.Now(store.Log);
        var storm = ids.Select(id =>
            {
                var server = store.Database.Read(session => CheckInRecorder.FindOrNull(session, id))!;
                return checkIns
                    .Record(
                        server,
                        new CheckIn(Facts with { PatchLevel = level, Dropped = dropped }, 1000 + level, null, level)
                    )
                    .AsTask();
            })
            .ToList();
        await held.ReleaseAsync();
        return await Task.WhenAll(storm);
    }

    private static async Task TakeIn(TestStore store, ServerCache known)
    {
        _ = new CheckInRecorder(store.Log, known, store.Changes);
        store.Log.StartMaintenance();
        await Empty(store);
    }

    private static Task Empty(TestStore store) =>
        Eventually.IsTrueAsync(
            "both logs are empty",
            () => Task.FromResult(store.Scalar<long>("SELECT count(*) FROM checkin_log") == 0)
        );

    private static List<string> Filtered(ServerStore servers, bool within, string? tag) =>
        [
            .. servers
                .List(new ServerQuery { Checkin = new Period(TimeSpan.FromDays(1), within), Tag = tag }, new Offers())
                .Select(server => server.ServerId),
        ];

    private static async Task<(List<string> Ids, ServerCache Known)> Fleet(TestStore store, int count)
    {
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        var known = new ServerCache(store.Database, new Offers());
        var ids = new List<string>();
        for (var n = 0; n < count; n++)
        {
            var id = (await new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "k")).ServerId!;
            var server = store.Database.Read(session => CheckInRecorder.FindOrNull(session, id))!;
            await new CheckInRecorder(store.Log, known, store.Changes).Record(server, new CheckIn(Facts, 100, "t", 1));
            ids.Add(id);
        }

        return (ids, known);
    }

    private static long Local(TestStore store, string id) =>
        store.Scalar<long>("SELECT local FROM server WHERE server_id = @id", new { id });

    /// <summary>Leaves check-ins in the log as a busy portal does that was killed.</summary>
    private static async Task WriteLog(TestStore store, params string[] ids)
    {
        var entries = new byte[ids.Length * CheckInLog.TimeSize];
        for (var n = 0; n < ids.Length; n++)
            CheckInLog.WriteTime(entries.AsSpan(n * CheckInLog.TimeSize), Local(store, ids[n]), 9000);
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
    }
}
