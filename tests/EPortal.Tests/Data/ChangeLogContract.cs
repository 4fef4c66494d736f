using EPortal.Data;
using EPortal.Feeds;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>What one change is, and what it leaves.</summary>
public abstract class ChangeLogContract(TestDatabase kind) : StoreContract(kind)
{
    private static readonly Fields NamedOne = new() { { "name", "one" } };

    [Fact]
    public async Task A_change_its_operation_and_its_user_log_line_commit_together()
    {
        await using var store = NewStore();

        var id = await store.Log.Commit(
            TestStore.Admin,
            change =>
            {
                change.Note("feed.add", "one");
                return change.Create(Feed.Entity, NamedOne);
            }
        );

        var operations = store.Operations();
        operations.Select(o => o.Entity).ShouldBe(["user_log", "feed"]);
        operations[^1].Id.ToString().ShouldBe(id);
        store.Scalar<string>("SELECT name FROM feed WHERE id = @id", new { id }).ShouldBe("one");
        var line = store.Database.Read(session => UserLog.Latest(session, 10)).ShouldHaveSingleItem();
        (line.At, line.Actor, line.Address, line.Action, line.Detail).ShouldBe(
            (store.Time.GetUtcNow(), "tester", "192.0.2.1", "feed.add", "one")
        );
    }

    [Fact]
    public async Task A_refused_change_leaves_nothing_and_its_neighbours_in_the_commit_stand()
    {
        await using var store = NewStore();
        var before = store.Content();

        var refused = store.Log.Commit<string>(
            TestStore.Admin,
            change =>
            {
                change.Create(Feed.Entity, NamedOne);
                change.Note("feed.add", "one");
                throw new RefusedException(Refusal.Conflict, "No.");
            }
        );
        (await Should.ThrowAsync<RefusedException>(refused)).Message.ShouldBe("No.");
        store.Content().ShouldBe(before);
        store.Operations().ShouldBeEmpty();

        var stays = store.Log.Commit(Actor.Agent, change => change.Create(Feed.Entity, NamedOne));
        EntityId.Parse(await stays).Sequence.ShouldBe(1);
    }

    [Fact]
    public async Task A_persons_change_without_a_line_in_the_user_log_is_refused()
    {
        await using var store = NewStore();

        await Should.ThrowAsync<InvalidOperationException>(
            store.Log.Commit(TestStore.Admin, change => change.Create(Feed.Entity, NamedOne))
        );

        store.Operations().ShouldBeEmpty();
    }

    [Fact]
    public async Task Sequences_are_dense_and_stamps_grow_even_when_the_clock_goes_back()
    {
        await using var store = NewStore();
        await store.Log.Commit(Actor.Agent, change => change.Create(Feed.Entity, NamedOne));
        await using var ahead = NewStore(store.Time.GetUtcNow() + TimeSpan.FromMinutes(5));
        await ahead.Log.Commit(Actor.Agent, change => change.Create(Feed.Entity, NamedOne));
        await ahead.SendTo(store);
        await store.Log.Commit(Actor.Agent, change => change.Create(Feed.Entity, NamedOne));

        var operations = store.Operations();
        operations.Select(o => o.Stamp).ShouldBe(operations.Select(o => o.Stamp).Order());
        operations.Where(o => o.Id.Origin == store.Origin).Select(o => o.Id.Sequence).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Many_waiting_changes_are_all_kept()
    {
        await using var store = NewStore();

        var ids = await Task.WhenAll(
            Enumerable
                .Range(0, 2000)
                .Select(n =>
                    store.Log.Commit(
                        Actor.Agent,
                        change => change.Create(Feed.Entity, new Fields { { "name", $"f{n}" } })
                    )
                )
        );

        ids.Distinct().Count().ShouldBe(2000);
        store.Scalar<long>("SELECT count(*) FROM feed WHERE name <> 'main'").ShouldBe(2000);
        store.Vector()[store.Origin].ShouldBe(2000);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_the_store_is_opened_again()
    {
        await using var store = NewStore();
        await store.Log.Commit(Actor.Agent, change => change.Create(Feed.Entity, NamedOne));
        var content = store.Content();

        using var again = store.OpenAgain();

        again.Read(session => Node.Read(session).Origin).ShouldBe(store.Origin);
        store.Content().ShouldBe(content);
    }

    [Fact]
    public async Task Every_table_is_either_replicated_or_this_nodes_own()
    {
        await using var store = NewStore();
        var replicated = EPortal.Hosting.Entities.Catalog.Types.Select(type => type.Name).ToList();

        replicated.Intersect(TableClasses.NodeLocal.Keys).ShouldBeEmpty();
        store.Tables().Order().ShouldBe(replicated.Concat(TableClasses.NodeLocal.Keys).Order());
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        await using var store = NewStore();
        await store.Log.Commit(
            Actor.Agent,
            change =>
            {
                Kind.AddFutureMigration(change.Session);
                return true;
            }
        );

        Should.Throw<StoreException>(() => store.OpenAgain()).Message.ShouldContain("newer version");
    }
}
