using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>What is too old or too much is deleted, and nothing that is needed.</summary>
public abstract class RetentionContract(TestDatabase kind) : StoreContract(kind)
{
    private static readonly TimeSpan s_age = TimeSpan.FromHours(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Operations_are_deleted_when_they_are_old_and_where_they_begin_is_remembered()
    {
        await using var store = NewStore();
        var trimming = Trimming(store, new OperationRetention(s_age));
        await AddFeeds(store, 250, "old");
        await Pass(store, trimming, TimeSpan.FromMinutes(50));
        await AddFeeds(store, 3, "new");
        store.Operations().Count.ShouldBe(253);

        await Pass(store, trimming, TimeSpan.FromMinutes(20));

        store.Operations().Select(operation => operation.Id.Sequence).ShouldBe([251, 252, 253]);
        store.Database.Read(session => VersionVector.KeptFrom(session, store.Origin)).ShouldBe(251);
        store.Vector()[store.Origin].ShouldBe(253);
        store.Scalar<long>("SELECT count(*) FROM feed WHERE substr(name, 1, 3) = 'old'").ShouldBe(250);
        await Pass(store, trimming, s_age);
        store.Operations().ShouldBeEmpty();
        await AddFeeds(store, 1, "later");
        store.Operations().ShouldHaveSingleItem().Id.Sequence.ShouldBe(254);
    }

    [Fact]
    public async Task A_clock_that_stood_a_year_ahead_neither_deletes_all_nor_keeps_all_for_a_year()
    {
        await using var store = NewStore();
        var trimming = Trimming(store, new OperationRetention(s_age), UserLog.Retention(s_age, null));
        await Note(store, 5);
        await Pass(store, trimming, TimeSpan.FromMinutes(10));

        var year = TimeSpan.FromDays(365);
        store.Time.Advance(year);
        await trimming.Round(Cancellation);
        await Note(store, 5);
        store.Operations().Count.ShouldBe(10, "a year has not passed");
        store.Scalar<long>("SELECT count(*) FROM user_log").ShouldBe(10);

        // A clock of its own, since this one cannot be set back.
        await using var log = new ChangeLog(
            store.Database,
            EPortal.Hosting.Entities.Catalog,
            new SetBack(store.Time, year)
        );
        var corrected = new Trimming(
            store.Database,
            log,
            [new OperationRetention(s_age), UserLog.Retention(s_age, null)],
            store.Time
        );
        for (var minute = 0; minute < 90; minute++)
        {
            store.Time.Advance(TimeSpan.FromMinutes(1));
            await corrected.Round(Cancellation);
        }

        store.Operations().ShouldBeEmpty();
        store.Scalar<long>("SELECT count(*) FROM user_log").ShouldBe(0);
    }

    [Fact]
    public async Task Time_in_which_the_portal_did_not_run_does_not_count_and_a_restart_goes_on()
    {
        await using var store = NewStore();
        await AddFeeds(store, 1, "f");
        await Trimming(store, new OperationRetention(s_age)).Round(Cancellation);
        store.Time.Advance(TimeSpan.FromDays(30));
        await Trimming(store, new OperationRetention(s_age)).Round(Cancellation);
        store.Operations().Count.ShouldBe(1);

        for (var minute = 0; minute < 65; minute++)
            await Pass(store, Trimming(store, new OperationRetention(s_age)), TimeSpan.FromMinutes(1));

        store.Operations().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_waits_for_its_grounds_is_kept_until_it_has_been_carried_out()
    {
        await using var a = NewStore();
        await using var b = NewStore();
        await using var c = NewStore();
        var id = (await AddFeeds(a, 1, "x"))[0];
        await a.SendTo(b);
        await b.Log.Commit(Actor.Agent, change => Do(() => change.Delete(Feed.Entity, [id])));
        var deletion = b.Operations()[^1];
        (await c.Apply(deletion)).ShouldBe(Applied.Done);
        await AddFeeds(c, 20, "own");
        var trimming = Trimming(c, new OperationRetention(s_age));

        await Pass(c, trimming, s_age * 2);
        c.Operations().ShouldHaveSingleItem().Id.ShouldBe(deletion.Id);
        await a.SendTo(c);

        c.Scalar<long>("SELECT count(*) FROM feed WHERE id = @id", new { id }).ShouldBe(0);
        await Pass(c, trimming, s_age * 2);
        c.Operations().ShouldBeEmpty();
        c.Database.Read(session => VersionVector.KeptFrom(session, b.Origin)).ShouldBe(2);
    }

    [Fact]
    public async Task What_ended_in_the_middle_is_finished_by_the_next_round()
    {
        await using var store = NewStore();
        await AddFeeds(store, 1000, "f");
        var retention = new OperationRetention(s_age);
        var last = store.Database.Read(OperationRetention.Last);
        (await store.Log.Commit(Actor.Portal, change => retention.Delete(change, last, 100))).ShouldBe(
            new Deleted(100, IsDone: false)
        );
        await Should.ThrowAsync<InvalidOperationException>(
            store.Log.Commit<bool>(
                Actor.Portal,
                change =>
                {
                    retention.Delete(change, last, 100);
                    throw new InvalidOperationException();
                }
            )
        );
        store.Operations().Count.ShouldBe(900);
        store.Database.Read(session => VersionVector.KeptFrom(session, store.Origin)).ShouldBe(101);

        await Pass(store, Trimming(store, retention), s_age * 2);

        store.Operations().ShouldBeEmpty();
    }

    [Fact]
    public async Task Others_are_let_in_between_the_steps()
    {
        await using var store = NewStore();
        var endless = new Endless();
        var round = Trimming(store, endless).Round(Cancellation);

        await AddFeeds(store, 5, "f");

        round.IsCompleted.ShouldBeFalse();
        endless.IsEnded = true;
        await round;
    }

    [Fact]
    public async Task The_user_log_keeps_its_newest_lines()
    {
        await using var store = NewStore();
        await Note(store, 300);
        await Note(store, 20, "late");

        await Trimming(store, UserLog.Retention(null, 20)).Round(Cancellation);

        store.Scalar<long>("SELECT count(*) FROM user_log").ShouldBe(20);
        store.Scalar<long>("SELECT count(*) FROM user_log WHERE action = 'late'").ShouldBe(20);
    }

    [Fact]
    public async Task Histories_keep_their_newest_lines_and_none_that_are_old()
    {
        await using var store = NewStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        var id = (await new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "k")).ServerId!;
        var checkIns = new CheckInRecorder(store.Log, new ServerCache(store.Database, new Offers()), store.Changes);
        var server = store.Database.Read(session => CheckInRecorder.FindOrNull(session, id))!;
        var history = new ServerStore(store.Database, store.Log, store.Changes, store.Time);
        async Task Say(int first, int count)
        {
            for (var n = first; n < first + count; n++)
                await checkIns.Record(
                    server,
                    new CheckIn(
                        new ServerFacts
                        {
                            Ip = "192.0.2.9",
                            Hostname = $"h{n}",
                            KernelId = new string('a', 40),
                        },
                        n,
                        null
                    )
                );
        }

        await Say(0, 31);
        await Trimming(store, ServerHistory.Retention(null, 25)).Round(Cancellation);
        history
            .History(id, 100)
            .Select(line => line.Became)
            .ShouldBe(Enumerable.Range(6, 25).Reverse().Select(n => $"h{n}"));

        var trimming = Trimming(store, ServerHistory.Retention(s_age, null));
        await Pass(store, trimming, TimeSpan.FromMinutes(50));
        await Say(31, 2);
        await Pass(store, trimming, TimeSpan.FromMinutes(30));
        history.History(id, 100).Select(line => line.Became).ShouldBe(["h32", "h31"]);
    }

    [Fact]
    public async Task Each_operation_names_the_hash_of_the_one_before_also_where_that_is_deleted_and_at_other_nodes()
    {
        await using var a = NewStore();
        await using var b = NewStore();
        await AddFeeds(a, 3, "x");
        var operations = a.Operations();
        operations[0].PreviousHash.ShouldBe("");
        foreach (var (before, after) in operations.Zip(operations.Skip(1)))
            after.PreviousHash.ShouldBe(OperationHash.Of(before, OperationJson.Write(before)));
        operations.Select(operation => operation.PreviousHash).Distinct().Count().ShouldBe(3);
        await a.SendTo(b);
        b.Operations()
            .Select(operation => operation.PreviousHash)
            .ShouldBe(operations.Select(operation => operation.PreviousHash));

        await Pass(a, Trimming(a, new OperationRetention(s_age)), s_age * 2);
        await AddFeeds(a, 1, "y");

        a.Operations()
            .ShouldHaveSingleItem()
            .PreviousHash.ShouldBe(OperationHash.Of(operations[2], OperationJson.Write(operations[2])));
    }

    [Fact]
    public async Task A_host_that_another_process_deleted_is_forgotten_though_the_operation_is_gone_already()
    {
        await using var store = NewStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        var ids = new List<PackedServerId>();
        foreach (var name in (string[])["stays", "goes"])
        {
            PackedServerId.TryRead(
                (await new Registration(store.Log, store.Changes).Register(name, "192.0.2.9", "k")).ServerId!,
                out var id
            );
            ids.Add(id);
        }

        var known = new ServerCache(store.Database, new Offers());
        foreach (var id in ids)
            known.TryFind(known.View(), id, out _, out _).ShouldBeTrue();
        await new ServerStore(store.Database, store.Log, store.Changes, store.Time).Unregister(ids[1].ToString());
        await Pass(store, Trimming(store, new OperationRetention(s_age)), s_age * 2);
        store.Operations().ShouldBeEmpty();

        known.TryFind(known.View(), ids[1], out _, out _).ShouldBeFalse();
        known.TryFind(known.View(), ids[0], out _, out _).ShouldBeTrue();
    }

    internal static Trimming Trimming(TestStore store, params IReadOnlyList<Retention> tables) =>
        new(store.Database, store.Log, tables, store.Time);

    /// <summary>Lets time pass as a portal that runs sees it.</summary>
    internal static async Task Pass(TestStore store, Trimming trimming, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += trimming.Period)
        {
            await trimming.Round(Cancellation);
            store.Time.Advance(trimming.Period);
        }

        await trimming.Round(Cancellation);
    }

    internal static Task<List<string>> AddFeeds(TestStore store, int count, string name) =>
        store.Log.Commit(
            Actor.Agent,
            change =>
                Enumerable
                    .Range(0, count)
                    .Select(n => change.Create(Feed.Entity, new Fields { { "name", $"{name}{n}" } }))
                    .ToList()
        );

    private static Task Note(TestStore store, int count, string action = "early") =>
        store.Log.Commit(
            TestStore.Admin,
            change =>
                Do(() =>
                {
                    for (var n = 0; n < count; n++)
                        change.Note(action, $"{n}");
                })
        );

    internal static bool Do(Action action)
    {
        action();
        return true;
    }

    /// <summary>A table that is never done until it is told to be.</summary>
    private sealed record Endless() : Retention("endless", TimeSpan.Zero, null)
    {
        public bool IsEnded { get; set; }

        public override long Newest(Change change) => 1;

        public override Deleted Delete(Change change, long upTo, int rows) => new(IsEnded ? 0 : 1, IsEnded);

        public override long Count(Session session) => 0;
    }

    private sealed class SetBack(TimeProvider other, TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => other.GetUtcNow() - by;
    }
}
