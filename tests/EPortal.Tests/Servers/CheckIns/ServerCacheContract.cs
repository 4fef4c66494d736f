using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers.CheckIns;

/// <summary>What is in memory of a host is true whatever happens at the same time.</summary>
public abstract class ServerCacheContract(TestDatabase kind) : StoreContract(kind)
{
    private static readonly ServerFacts Facts = new()
    {
        Ip = "192.0.2.9",
        Hostname = "h",
        KernelId = new string('a', 40),
    };

    [Fact]
    public async Task What_a_host_said_before_never_counts_as_its_last_words_again()
    {
        await using var store = NewStore();
        var (_, id) = await Host(store);
        var known = new ServerCache(store.Database, new Offers());
        var local = Find(known, id)!.Value.Local;
        known.TryInvalidate(id, local, 10, out var earlier, out _).ShouldBeTrue();
        known.TryInvalidate(id, local, 20, out var later, out _).ShouldBeTrue();

        known.Confirm(id, earlier, 10, 111);
        LastWords(known, id).ShouldBe((0, 20));

        known.Confirm(id, later, 20, 222);
        LastWords(known, id).ShouldBe((222, 20));
        known.Confirm(id, earlier, 10, 111);
        LastWords(known, id).ShouldBe((222, 20));
    }

    [Fact]
    public async Task What_somebody_changed_before_a_check_in_is_acknowledged_is_not_taken_for_said()
    {
        await using var store = NewStore();
        var (serverId, id) = await Host(store);
        var known = new ServerCache(store.Database, new Offers());
        Find(known, id)!.Value.Digest.ShouldBe(FactsDigest.ForFeed(1, FactsDigest.OfFeed(Feed.Main)));
        // It joins first, so the change is read between the commit and what the check-in's acknowledgement does.
        var reader = new ReadsFirst(known);
        store.Log.Join(reader);
        var checkIns = new CheckInRecorder(store.Log, known, store.Changes);
        var server = store.Database.Read(session => CheckInRecorder.FindOrNull(session, serverId))!;
        await using var held = HeldWriter.Now(store.Log);
        var checkIn = checkIns.Record(server, new CheckIn(Facts with { PatchLevel = 3 }, 200, null, 5)).AsTask();
        var tagged = new ServerStore(store.Database, store.Log, store.Changes, store.Time).Tag(
            TestStore.Admin,
            serverId,
            "other"
        );
        reader.Reads = true;
        await held.ReleaseAsync();

        (await tagged).ShouldBeTrue();
        (await checkIn).ShouldBeTrue();
        // Acknowledged calls may go on before all of the acknowledging is done.
        await store.Log.Commit(Actor.Agent, _ => true);

        LastWords(known, id).ShouldBe((0, 200));
    }

    [Fact]
    public async Task A_host_that_is_deleted_while_it_is_read_is_not_known_afterwards()
    {
        await using var store = NewStore();
        var (serverId, id) = await Host(store);
        var known = new ServerCache(store.Database, new Offers());
        var view = known.View();
        using var reading = new HeldReading(store, Kind);
        var found = Task.Run(() => known.TryFind(view, id, out _, out _));
        reading.Wait();

        await new ServerStore(store.Database, store.Log, store.Changes, store.Time).Unregister(serverId);
        known.View();
        reading.Go();

        (await found).ShouldBeFalse();
        known.TryFind(known.View(), id, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_host_that_is_moved_while_it_is_read_has_its_new_key_afterwards()
    {
        await using var store = NewStore();
        var (serverId, id) = await Host(store);
        await new FeedStore(store.Database, store.Log).Add(TestStore.Admin, "test", new FeedSettings());
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "other", new KeySettings(Feed: "test"));
        var entity = store.Database.Read(session => CheckInRecorder.FindOrNull(session, serverId))!.Id;
        var known = new ServerCache(store.Database, new Offers());
        var view = known.View();
        using var reading = new HeldReading(store, Kind);
        var found = Task.Run(() => known.TryFind(view, id, out _, out _));
        reading.Wait();

        await new ServerBulk(store.Database, store.Log, new Offers(), store.Time).MoveOne(
            TestStore.Admin,
            entity,
            "other",
            seen: null
        );
        known.View();
        reading.Go();

        (await found).ShouldBeTrue();
        known.TryFind(known.View(), id, out _, out var key).ShouldBeTrue();
        key.FeedName.ShouldBe("test");
    }

    private static CachedServer? Find(ServerCache known, PackedServerId id) =>
        known.TryFind(known.View(), id, out var agent, out _) ? agent : null;

    private static (long Digest, long Uptime) LastWords(ServerCache known, PackedServerId id) =>
        Find(known, id) is { } agent ? (agent.Digest, agent.Uptime) : (-1, -1);

    /// <summary>A host that has checked in once, with digest 1.</summary>
    private static async Task<(string ServerId, PackedServerId Id)> Host(TestStore store)
    {
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        var serverId = (await new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "k")).ServerId!;
        var server = store.Database.Read(session => CheckInRecorder.FindOrNull(session, serverId))!;
        await new CheckInRecorder(store.Log, new ServerCache(store.Database, new Offers()), store.Changes).Record(
            server,
            new CheckIn(Facts, 100, null, 1)
        );
        PackedServerId.TryRead(serverId, out var id).ShouldBeTrue();
        return (serverId, id);
    }

    /// <summary>Brings the cache up to date after each commit, as a call does that comes just then.</summary>
    private sealed class ReadsFirst(ServerCache known) : BatchedWrites
    {
        public bool Reads { get; set; }

        internal override int Waiting => 0;

        internal override bool HasMaintenance => false;

        internal override void Write(Change change) { }

        internal override void Acknowledge()
        {
            if (Reads)
                known.View();
        }

        internal override void Fail(Exception failure) { }
    }

    /// <summary>
    /// Holds up who reads servers on the connection that is used next, when the reader's snapshot stands and before it
    /// has a row.
    /// </summary>
    private sealed class HeldReading : IDisposable
    {
        private readonly ManualResetEventSlim _begun = new();
        private readonly ManualResetEventSlim _go = new();

        public HeldReading(TestStore store, TestDatabase kind) =>
            store.Database.Read(session =>
            {
                kind.BeforeReading(
                    session,
                    "server",
                    () =>
                    {
                        _begun.Set();
                        _go.Wait();
                    }
                );
                return true;
            });

        public void Wait() =>
            _begun
                .Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)
                .ShouldBeTrue("nobody reads on that connection");

        public void Go() => _go.Set();

        public void Dispose()
        {
            _go.Set();
            _begun.Dispose();
            _go.Dispose();
        }
    }
}
