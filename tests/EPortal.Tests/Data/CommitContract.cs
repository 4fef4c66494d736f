using System.Diagnostics;
using EPortal.Data;
using EPortal.Feeds;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>What one commit is: of many changes, on disk when they are acknowledged, or of none.</summary>
public abstract class CommitContract(TestDatabase kind) : StoreContract(kind)
{
    [Fact]
    public async Task Changes_that_wait_share_a_commit()
    {
        await using var store = NewStore();
        // The clock is read once a commit, so moments count commits.
        store.Time.AutoAdvanceAmount = TimeSpan.FromSeconds(1);
        await using var held = HeldWriter.Now(store.Log);
        var waiting = Enumerable
            .Range(0, 2000)
            .Select(n =>
                store.Log.Commit(
                    Actor.Agent,
                    change =>
                    {
                        change.Create(Feed.Entity, new Fields { { "name", $"f{n}" } });
                        return change.Now;
                    }
                )
            )
            .ToList();
        await held.ReleaseAsync();

        (await Task.WhenAll(waiting)).Distinct().Count().ShouldBeLessThan(20);

        store.Scalar<long>("SELECT count(*) FROM feed WHERE name <> 'main'").ShouldBe(2000);
    }

    [Fact]
    public async Task A_commit_that_fails_acknowledges_nobody_in_it_and_the_next_one_works()
    {
        await using var store = NewStore();
        var before = store.Content();
        await using var held = HeldWriter.Now(store.Log);
        var good = Add(store, "good");
        var bad = store.BreakCommit();
        await held.ReleaseAsync();

        await Should.ThrowAsync<StoreException>(good);
        await Should.ThrowAsync<StoreException>(bad);
        store.Content().ShouldBe(before);
        store.Operations().ShouldBeEmpty();

        await Add(store, "next");
        store.Vector()[store.Origin].ShouldBe(1);
    }

    [Fact]
    public async Task Neither_does_it_acknowledge_what_was_written_in_great_number()
    {
        await using var store = NewStore();
        var batched = new Batched();
        store.Log.Join(batched);
        await using var held = HeldWriter.Now(store.Log);
        batched.Waits = true;
        var bad = store.BreakCommit();
        await held.ReleaseAsync();

        await Should.ThrowAsync<StoreException>(bad);
        // The next commit begins when all have heard of this one.
        await Add(store, "meanwhile");
        batched.Heard.ShouldBe(["written", "failed"]);
        store.Scalar<long>("SELECT count(*) FROM checkin_log").ShouldBe(0);

        batched.Heard.Clear();
        batched.Waits = true;
        await Add(store, "next");
        batched.Heard.ShouldBe(["written", "acknowledged"]);
        store.Scalar<long>("SELECT count(*) FROM checkin_log").ShouldBe(1);
    }

    [Fact]
    public async Task Tidying_up_that_fails_is_not_tried_again_at_once()
    {
        await using var store = NewStore();
        var untidy = new Untidy();
        store.Log.Join(untidy);
        store.Log.StartMaintenance();

        var pause = await untidy.Second.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        pause.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(900));
    }

    private static Task<string> Add(TestStore store, string name) =>
        store.Log.Commit(Actor.Agent, change => change.Create(Feed.Entity, new Fields { { "name", name } }));

    /// <summary>Writes when told that something waits; keeps what it hears then.</summary>
    private sealed class Batched : BatchedWrites
    {
        public bool Waits { get; set; }

        public List<string> Heard { get; } = [];

        internal override int Waiting => Waits ? 1 : 0;

        internal override bool HasMaintenance => false;

        internal override void Write(Change change)
        {
            Waits = false;
            Heard.Add("written");
            change.Session.Execute(
                "INSERT INTO checkin_log (stamp, at, entries) VALUES (@stamp, 0, @none)",
                ("@stamp", change.NextStamp()),
                ("@none", Array.Empty<byte>())
            );
        }

        internal override void Acknowledge()
        {
            if (Heard is ["written"])
                Heard.Add("acknowledged");
        }

        internal override void Fail(Exception failure)
        {
            if (Heard.Count > 0)
                Heard.Add("failed");
        }
    }

    /// <summary>Has something to do when idle, and always fails; tells the time between the first two times.</summary>
    private sealed class Untidy : BatchedWrites
    {
        private long _first;

        public TaskCompletionSource<TimeSpan> Second { get; } = new();

        internal override int Waiting => 0;

        internal override bool HasMaintenance => !Second.Task.IsCompleted;

        internal override void Write(Change change)
        {
            if (_first != 0)
                Second.SetResult(Stopwatch.GetElapsedTime(_first));
            _first = Stopwatch.GetTimestamp();
            throw new IOException("full");
        }

        internal override void Acknowledge() { }

        internal override void Fail(Exception failure) { }
    }
}
