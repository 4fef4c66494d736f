using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Operations;
using EPortal.Servers;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

/// <summary>Check-ins that are in the log and not yet in their servers' rows count for whoever asks.</summary>
public sealed class WaitingCheckInTests
{
    private static readonly ServerFacts Facts = new() { Ip = "192.0.2.9", Hostname = "h", KernelId = new string('a', 40) };

    [Fact]
    public async Task Lists_filters_counts_and_cleaning_know_them()
    {
        await using var store = new TestStore();
        var (ids, _) = await Fleet(store, 4);
        store.Time.Advance(TimeSpan.FromDays(40));
        await WriteLog(store, ids[0], ids[2]);
        var servers = new ServerStore(store.Database, store.Log, store.Time);

        var listed = servers.List(new ServerQuery(), new Offers());
        listed.Where(server => !server.Inactive).Select(server => server.ServerId).ShouldBe([ids[0], ids[2]]);
        listed.Where(server => server.Checkin == store.Time.GetUtcNow() && server.Uptime == 9000).Select(server => server.ServerId).ShouldBe([ids[0], ids[2]]);
        foreach (var tag in (string?[])[null, "t"])
        {
            Filtered(servers, within: true, tag).ShouldBe([ids[0], ids[2]]);
            Filtered(servers, within: false, tag).ShouldBe([ids[1], ids[3]]);
        }

        store.Database.Read(session => ServerCensus.Take(session, new Offers(), store.Time.GetUtcNow()))[Feed.Main].Inactive.ShouldBe(2);
        (await servers.CleanInactive(TestStore.Admin, 30)).ShouldBe(2);
        servers.List(new ServerQuery(), new Offers()).Select(server => server.ServerId).ShouldBe([ids[0], ids[2]]);
    }

    [Fact]
    public async Task They_come_into_the_rows_in_time_and_leave_the_log()
    {
        await using var store = new TestStore();
        var (ids, known) = await Fleet(store, 3);
        store.Time.Advance(TimeSpan.FromHours(1));
        var at = Micros.Of(store.Time.GetUtcNow());
        await WriteLog(store, ids[0], ids[1]);
        store.Time.Advance(TimeSpan.FromHours(1));
        var times = new CheckInTimes(store.Log, known);

        AgentId.TryRead(ids[2], out var third);
        (await times.Record(third, Local(store, ids[2]), 10_000)).ShouldBeTrue();

        while (store.Scalar<long>("SELECT count(*) FROM checkin_log") > 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        store.Scalar<long>("SELECT count(*) FROM server_checkin WHERE at = @at AND uptime = 9000", new { at }).ShouldBe(2);
        store.Scalar<long>("SELECT uptime FROM server_checkin WHERE at > @at", new { at }).ShouldBe(10_000);
    }

    [Fact]
    public async Task A_later_row_is_not_overwritten_by_an_earlier_check_in_of_the_log()
    {
        await using var store = new TestStore();
        var (ids, known) = await Fleet(store, 1);
        await WriteLog(store, ids[0]);
        store.Time.Advance(TimeSpan.FromHours(1));
        var server = store.Database.Read(session => CheckIns.FindOrNull(session, ids[0]))!;
        await new CheckIns(store.Log, known).Record(server, new CheckIn(Facts with { PatchLevel = 3 }, 20, null, 5));
        AgentId.TryRead(ids[0], out var id);

        (await new CheckInTimes(store.Log, known).Record(id, server.Local, 21)).ShouldBeTrue();

        while (store.Scalar<long>("SELECT count(*) FROM checkin_log") > 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        store.Scalar<long>("SELECT uptime FROM server_checkin").ShouldBe(21);
    }

    [Fact]
    public async Task A_restart_is_seen_against_the_log_too()
    {
        await using var store = new TestStore();
        var (ids, _) = await Fleet(store, 1);
        await WriteLog(store, ids[0]);
        var server = store.Database.Read(session => CheckIns.FindOrNull(session, ids[0]))!;

        await new CheckIns(store.Log, new KnownServers(store.Database, new Offers())).Record(server, new CheckIn(Facts, 8000, null));

        var line = new ServerStore(store.Database, store.Log, store.Time).History(ids[0], 10).ShouldHaveSingleItem();
        (line.What, line.Was, line.Became).ShouldBe(("restart", "9000", "8000"));
    }

    private static List<string> Filtered(ServerStore servers, bool within, string? tag) =>
        [.. servers.List(new ServerQuery { Checkin = new Period(TimeSpan.FromDays(1), within), Tag = tag }, new Offers()).Select(server => server.ServerId)];

    private static async Task<(List<string> Ids, KnownServers Known)> Fleet(TestStore store, int count)
    {
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        var known = new KnownServers(store.Database, new Offers());
        var ids = new List<string>();
        for (var n = 0; n < count; n++)
        {
            var id = (await new Registration(store.Log).Register("h", "192.0.2.9", "k")).ServerId!;
            var server = store.Database.Read(session => CheckIns.FindOrNull(session, id))!;
            await new CheckIns(store.Log, known).Record(server, new CheckIn(Facts, 100, "t", 1));
            ids.Add(id);
        }

        return (ids, known);
    }

    private static long Local(TestStore store, string id) => store.Scalar<long>("SELECT local FROM server WHERE server_id = @id", new { id });

    /// <summary>Leaves check-ins in the log as a busy portal does that was killed.</summary>
    private static async Task WriteLog(TestStore store, params string[] ids)
    {
        var entries = new byte[ids.Length * WaitingCheckIns.Size];
        for (var n = 0; n < ids.Length; n++)
            WaitingCheckIns.Write(entries.AsSpan(n * WaitingCheckIns.Size), Local(store, ids[n]), 9000);
        await store.Log.Commit(Actor.Agent, change => change.Session.Execute(
            "INSERT INTO checkin_log (stamp, at, entries) VALUES (@stamp, @at, @entries)",
            ("@stamp", change.NextStamp()), ("@at", Micros.Of(change.Now)), ("@entries", entries)));
    }
}
