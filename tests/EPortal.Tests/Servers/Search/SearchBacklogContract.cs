using EPortal.Data;
using EPortal.EndToEnd;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Servers.Search;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers.Search;

/// <summary>
/// Very many hosts that register at once come into lists afterwards, with what they said and without those who left.
/// </summary>
public abstract class SearchBacklogContract(TestDatabase kind) : StoreContract(kind)
{
    private const int FirstCommit = 1000;
    private const int Hosts = 1200;

    private static readonly ServerFacts s_facts = new()
    {
        Hostname = "told",
        Ip = "192.0.2.9",
        KernelId = new string('a', 40),
        PatchLevel = 3,
        Feed = "main",
    };

    [Fact]
    public async Task A_host_that_is_not_in_lists_yet_is_registered_all_the_same()
    {
        await using var store = NewStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        _ = new SearchBacklog(store.Log);
        var registration = new Registration(store.Log, store.Changes);
        store.Log.StartMaintenance();
        await Eventually.IsTrueAsync(
            "what may have been left is looked for",
            () => Task.FromResult(!store.Log.HasDeferred)
        );
        await using var first = HeldWriter.Now(store.Log);
        var storm = Enumerable.Range(0, Hosts).Select(n => registration.Register($"h{n}", "192.0.2.9", "k")).ToList();
        await using var second = new HeldWriter(store.Log);
        await first.ReleaseAsync();
        var ids = (await Task.WhenAll(storm.Take(FirstCommit))).Select(registered => registered.ServerId!).ToList();

        store.Scalar<long>("SELECT count(*) FROM server").ShouldBe(FirstCommit);
        store.Scalar<long>("SELECT count(*) FROM server_search").ShouldBe(0);
        store.Log.HasDeferred.ShouldBeTrue();

        var (told, left) = (ids[^1], ids[^2]);
        var known = new ServerCache(store.Database, new Offers());
        var checkIn = new CheckInRecorder(store.Log, known, store.Changes).Record(
            store.Database.Read(session => CheckInRecorder.FindOrNull(session, told))!,
            new CheckIn(s_facts, 10, "web", 5)
        );
        var gone = new ServerStore(store.Database, store.Log, store.Changes, store.Time).Unregister(left);
        await second.ReleaseAsync();
        (await checkIn).ShouldBeTrue();
        (await gone).ShouldBeTrue();
        await Task.WhenAll(storm);
        await CaughtUp(store);

        var servers = new ServerStore(store.Database, store.Log, store.Changes, store.Time).List(
            new ServerQuery { Limit = Hosts },
            new Offers()
        );
        servers.Count.ShouldBe(Hosts - 1);
        servers.ShouldNotContain(server => server.ServerId == left);
        var row = servers.Single(server => server.ServerId == told);
        (row.Facts.Hostname, row.Facts.PatchLevel, row.Tags).ShouldBe(("told", 3, "web"));
        CountsShouldAgree(store);
    }

    [Fact]
    public async Task What_a_killed_portal_left_out_is_in_lists_after_the_next_start()
    {
        await using var store = NewStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        for (var n = 0; n < 3; n++)
            await new Registration(store.Log, store.Changes).Register($"h{n}", "192.0.2.9", "k");
        await store.Log.Commit(
            Actor.Agent,
            change =>
                change.Session.Execute("DELETE FROM server_search") + change.Session.Execute("DELETE FROM server_group")
        );
        await new Registration(store.Log, store.Changes).Register("h3", "192.0.2.9", "k");
        store.Scalar<long>("SELECT count(*) FROM server_search").ShouldBe(0);

        _ = new SearchBacklog(store.Log);
        store.Log.StartMaintenance();

        await CaughtUp(store);
        store.Scalar<long>("SELECT count(*) FROM server_search").ShouldBe(4);
        CountsShouldAgree(store);
    }

    [Fact]
    public async Task A_host_that_registers_at_an_ordinary_time_is_in_lists_at_once()
    {
        await using var store = NewStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        _ = new SearchBacklog(store.Log);
        store.Log.StartMaintenance();

        await new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "k");

        store.Scalar<long>("SELECT count(*) FROM server_search").ShouldBe(1);
    }

    private static Task CaughtUp(TestStore store) =>
        Eventually.IsTrueAsync(
            "all hosts are in lists",
            () => Task.FromResult(store.Database.Read(SearchProjection.CountMissing) == 0)
        );

    private static void CountsShouldAgree(TestStore store)
    {
        store
            .Scalar<long>(
                "SELECT count(*) FROM server s LEFT JOIN server_search x ON x.server = s.local WHERE x.server IS NULL"
            )
            .ShouldBe(0);
        store
            .Scalar<long>(
                """
                SELECT count(*) FROM server_group g WHERE g.servers <> (SELECT count(*) FROM server_search x WHERE x.grp = g.id) OR g.servers = 0
                """
            )
            .ShouldBe(0);
    }
}
