using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Patchsets;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>Each rule of the log by itself; without the rule its test fails.</summary>
public abstract class ReplicationRulesContract(TestDatabase kind) : StoreContract(kind)
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task An_operation_is_applied_once()
    {
        await using var a = NewStore();
        await using var b = NewStore();
        await AddFeed(a, "x");
        var operation = a.Operations().ShouldHaveSingleItem();

        (await b.Apply(operation)).ShouldBe(Applied.Done);
        (await b.Apply(operation)).ShouldBe(Applied.Before);
        (await a.Apply(operation)).ShouldBe(Applied.Before);

        b.Scalar<long>("SELECT count(*) FROM feed WHERE name = 'x'").ShouldBe(1);
        b.Operations().Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_operation_after_a_gap_is_refused()
    {
        await using var a = NewStore();
        await using var b = NewStore();
        await AddFeed(a, "x");
        await AddFeed(a, "y");

        (await b.Apply(a.Operations()[1])).ShouldBe(Applied.Gap);

        b.Vector().Keys.ShouldNotContain(a.Origin);
    }

    [Fact]
    public async Task An_operation_from_a_clock_far_ahead_is_refused()
    {
        await using var a = NewStore(Now + TimeSpan.FromDays(365));
        await using var b = NewStore(Now);
        await AddFeed(a, "x");

        (await b.Apply(a.Operations()[0])).ShouldBe(Applied.ClockAhead);

        b.Scalar<long>("SELECT count(*) FROM feed WHERE name = 'x'").ShouldBe(0);
        b.Vector().Keys.ShouldNotContain(a.Origin);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_writes_to_a_field_the_later_wins_and_other_fields_stay(bool laterFirst)
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromMinutes(1));
        await using var c = NewStore(Now);
        var id = await AddFeed(a, "x");
        await a.SendTo(b);
        await a.SendTo(c);
        await a.Log.Commit(
            Actor.Agent,
            change => Set(change, id, new Fields { { "deploy_after", 5L }, { "channel", "test" } })
        );
        await b.Log.Commit(Actor.Agent, change => Set(change, id, new Fields { { "deploy_after", 7L } }));

        await (laterFirst ? b : a).SendTo(c);
        await (laterFirst ? a : b).SendTo(c);

        c.Scalar<long>("SELECT deploy_after FROM feed WHERE id = @id", new { id }).ShouldBe(7);
        c.Scalar<string>("SELECT channel FROM feed WHERE id = @id", new { id }).ShouldBe("test");
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("acb")]
    [InlineData("bac")]
    [InlineData("bca")]
    [InlineData("cab")]
    [InlineData("cba")]
    public async Task Of_three_writes_to_a_field_the_last_wins_in_whatever_order_they_come(string order)
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromMinutes(1));
        await using var c = NewStore(Now + TimeSpan.FromMinutes(2));
        await using var reader = NewStore(Now);
        var id = await AddFeed(a, "x");
        var pair = await AddPair(a);
        foreach (var other in (TestStore[])[b, c, reader])
            await a.SendTo(other);
        foreach (var (writer, number) in ((TestStore, long)[])[(a, 1), (b, 2), (c, 3)])
        {
            await writer.Log.Commit(
                Actor.Agent,
                change =>
                    Do(() =>
                    {
                        change.Update(
                            Feed.Entity,
                            id,
                            new Fields { { "deploy_after", number }, { "name", $"x{number}" } }
                        );
                        // The last one takes it off the feed.
                        change.Update(Placement.Entity, pair, new Fields { { "enabled", number < 3 } });
                    })
            );
        }

        foreach (var writer in order)
            await (
                writer == 'a' ? a
                : writer == 'b' ? b
                : c
            ).SendTo(reader);

        reader.Scalar<string>("SELECT deploy_after || name FROM feed WHERE id = @id", new { id }).ShouldBe("3x3");
        reader.Scalar<long>("SELECT enabled FROM placement").ShouldBe(0);
        await reader.SendTo(c);
        c.Content().ShouldBe(reader.Content());
    }

    [Fact]
    public async Task Of_two_writes_to_a_field_at_one_moment_every_node_takes_the_same()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now);
        var id = await AddFeed(a, "x");
        await a.SendTo(b);
        await a.Log.Commit(Actor.Agent, change => Set(change, id, new Fields { { "deploy_after", 5L } }));
        await b.Log.Commit(Actor.Agent, change => Set(change, id, new Fields { { "deploy_after", 7L } }));
        a.Operations()[^1].Stamp.ShouldBe(b.Operations()[^1].Stamp);

        await a.SendTo(b);
        await b.SendTo(a);

        var winner = string.CompareOrdinal(a.Origin, b.Origin) > 0 ? 5 : 7;
        a.Scalar<long>("SELECT deploy_after FROM feed WHERE id = @id", new { id }).ShouldBe(winner);
        b.Scalar<long>("SELECT deploy_after FROM feed WHERE id = @id", new { id }).ShouldBe(winner);
    }

    [Fact]
    public async Task A_hold_survives_an_enabling_that_did_not_see_it_whatever_the_clocks_say()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromMinutes(4));
        var pair = await AddPair(a);
        await a.SendTo(b);
        await a.Log.Commit(Actor.Agent, change => Do(() => change.Hold(Placement.Entity, pair, Fields.None)));
        await b.Log.Commit(Actor.Agent, change => Do(() => change.Release(Placement.Entity, pair, On)));

        await a.SendTo(b);
        await b.SendTo(a);

        a.Scalar<long>("SELECT held FROM placement").ShouldBe(1);
        b.Scalar<long>("SELECT held FROM placement").ShouldBe(1);

        await b.Log.Commit(Actor.Agent, change => Do(() => change.Release(Placement.Entity, pair, On)));
        await b.SendTo(a);
        a.Scalar<long>("SELECT held FROM placement").ShouldBe(0);
    }

    [Fact]
    public async Task An_enabling_ends_the_hold_that_it_saw_and_not_the_one_made_elsewhere_meanwhile()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromMinutes(4));
        await using var c = NewStore(Now);
        var pair = await AddPair(a);
        await a.Log.Commit(Actor.Agent, change => Do(() => change.Hold(Placement.Entity, pair, Fields.None)));
        await a.SendTo(b);
        await a.SendTo(c);
        var seen = a.Operations()[^1].Id.ToString();
        await c.Log.Commit(Actor.Agent, change => Do(() => change.Hold(Placement.Entity, pair, Fields.None)));
        var unseen = c.Operations()[^1].Id.ToString();
        await b.Log.Commit(Actor.Agent, change => Do(() => change.Release(Placement.Entity, pair, On)));
        b.Operations()[^1].Releases.ShouldBe([seen]);
        b.Scalar<long>("SELECT held FROM placement").ShouldBe(0);

        // The enabling comes to one after the other hold, and to the other before it.
        await c.SendTo(a);
        await b.SendTo(a);
        await b.SendTo(c);
        await c.SendTo(b);

        foreach (var store in (TestStore[])[a, b, c])
        {
            store.Rows("SELECT id FROM hold").ShouldBe([unseen]);
            store.Scalar<long>("SELECT held FROM placement").ShouldBe(1);
        }
    }

    [Fact]
    public async Task An_enabling_leaves_the_holds_of_everything_else()
    {
        await using var store = NewStore(Now);
        var pair = await AddPair(store);
        var other = await store.Log.Commit(
            Actor.Agent,
            change =>
            {
                var kept = EntityType.PairId(Feed.MainId, change.Create(Patchset.Entity, Samples.PatchsetFields("K2")));
                change.Hold(Placement.Entity, kept, Fields.None);
                change.Hold(Placement.Entity, pair, Fields.None);
                return kept;
            }
        );

        await store.Log.Commit(Actor.Agent, change => Do(() => change.Release(Placement.Entity, pair, On)));

        store.Rows("SELECT subject FROM hold").ShouldBe([other]);
        store.Rows("SELECT id FROM placement WHERE held = 1").ShouldBe([other]);
    }

    [Fact]
    public async Task A_release_that_arrives_before_the_hold_it_saw_waits_for_it()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now);
        await using var c = NewStore(Now);
        var pair = await AddPair(a);
        await a.SendTo(c);
        await a.Log.Commit(Actor.Agent, change => Do(() => change.Hold(Placement.Entity, pair, Fields.None)));
        await a.SendTo(b);
        await b.Log.Commit(Actor.Agent, change => Do(() => change.Release(Placement.Entity, pair, On)));

        foreach (var operation in b.Operations().Where(o => o.Id.Origin == b.Origin))
            await c.Apply(operation);
        await a.SendTo(c);

        c.Content().ShouldBe(b.Content());
        c.Scalar<long>("SELECT held FROM placement").ShouldBe(0);
    }

    [Fact]
    public async Task What_is_gone_stays_gone_for_late_updates()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromMinutes(4));
        var id = await AddFeed(a, "x");
        await a.SendTo(b);
        await a.Log.Commit(Actor.Agent, change => Do(() => change.Delete(Feed.Entity, [id])));
        await b.Log.Commit(Actor.Agent, change => Set(change, id, new Fields { { "deploy_after", 7L } }));

        await a.SendTo(b);
        await b.SendTo(a);

        a.Scalar<long>("SELECT count(*) FROM feed WHERE id = @id", new { id }).ShouldBe(0);
        a.Content().ShouldBe(b.Content());
    }

    [Fact]
    public async Task A_deletion_that_arrives_before_the_birth_waits_and_then_wins()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now);
        await using var c = NewStore(Now);
        var id = await AddFeed(a, "x");
        await a.SendTo(b);
        await b.Log.Commit(Actor.Agent, change => Do(() => change.Delete(Feed.Entity, [id])));

        foreach (var operation in b.Operations().Where(o => o.Id.Origin == b.Origin))
            (await c.Apply(operation)).ShouldBe(Applied.Done);
        await a.SendTo(c);

        c.Scalar<long>("SELECT count(*) FROM feed WHERE id = @id", new { id }).ShouldBe(0);
        c.Content().ShouldBe(b.Content());
    }

    [Fact]
    public async Task A_deletion_ends_only_what_it_names()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now);
        var servers = new EPortal.Servers.ServerStore(a.Database, a.Log, a.Changes, a.Time);
        var key = await new KeyStore(a.Database, a.Log).Add(TestStore.Admin, "k", new KeySettings());
        await a.SendTo(b);
        await servers.DeleteKey(TestStore.Admin, "k");
        var registered = await new EPortal.Servers.Registration(b.Log, b.Changes).Register("host", "192.0.2.7", "k");

        await a.SendTo(b);
        await b.SendTo(a);

        a.Content().ShouldBe(b.Content());
        a.Database.Read(session => EPortal.Servers.CheckIns.CheckInRecorder.FindOrNull(session, registered.ServerId!))
            .ShouldBeNull();
    }

    [Fact]
    public async Task Of_two_live_entities_of_one_name_the_later_is_visible_on_every_node()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromMinutes(1));
        await AddFeed(a, "x");
        var later = await AddFeed(b, "x");

        await a.SendTo(b);
        await b.SendTo(a);

        a.Scalar<string>("SELECT id FROM feed WHERE name = 'x' AND shadowed = 0").ShouldBe(later);
        a.Content().ShouldBe(b.Content());

        await a.Log.Commit(Actor.Agent, change => Do(() => change.Delete(Feed.Entity, [later])));
        a.Scalar<long>("SELECT count(*) FROM feed WHERE name = 'x'").ShouldBe(0, "nor does the earlier take its place");
    }

    [Fact]
    public async Task A_deletion_ends_the_holds_and_the_pairs_of_what_it_names_and_no_others()
    {
        await using var store = NewStore(Now);
        var gone = await AddPair(store);
        var kept = await store.Log.Commit(
            Actor.Agent,
            change =>
            {
                var other = change.Create(Patchset.Entity, Samples.PatchsetFields("K2"));
                var pair = EntityType.PairId(Feed.MainId, other);
                change.Hold(Placement.Entity, pair, Fields.None);
                change.Hold(Patchset.Entity, other, Fields.None);
                change.Hold(Placement.Entity, gone, Fields.None);
                change.Hold(Patchset.Entity, PatchsetOf(gone), Fields.None);
                return pair;
            }
        );

        await store.Log.Commit(Actor.Agent, change => Do(() => change.Delete(Patchset.Entity, [PatchsetOf(gone)])));

        store.Rows("SELECT id FROM placement").ShouldBe([kept]);
        store.Rows("SELECT patchset FROM placement_state").ShouldBe(["K2"]);
        store
            .Rows("SELECT entity, subject FROM hold ORDER BY entity")
            .ShouldBe([$"patchset {PatchsetOf(kept)}", $"placement {kept}"]);
    }

    [Fact]
    public async Task A_new_name_shadows_and_the_old_one_is_free_again()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromMinutes(1));
        var first = await AddFeed(a, "x");
        var second = await AddFeed(b, "x");
        await a.SendTo(b);
        await b.SendTo(a);
        Visible(a).ShouldBe([second]);

        await b.Log.Commit(Actor.Agent, change => Set(change, second, new Fields { { "name", "y" } }));
        await b.SendTo(a);
        foreach (var store in (TestStore[])[a, b])
            Visible(store).ShouldBe([first, second], ignoreOrder: true);

        await b.Log.Commit(Actor.Agent, change => Set(change, second, new Fields { { "name", "x" } }));
        await b.SendTo(a);
        foreach (var store in (TestStore[])[a, b])
            Visible(store).ShouldBe([second]);
        a.Content().ShouldBe(b.Content());
    }

    [Fact]
    public async Task A_field_that_is_not_declared_is_refused_for_its_name_comes_into_statements()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now);
        var id = await AddFeed(a, "x");
        var made = a.Operations()[0];
        var hostile = new Fields { { "name", "y" }, { "shadowed", 1L } };

        (await Should.ThrowAsync<StoreException>(() => b.Apply(made with { Set = hostile }))).Error.ShouldBe(
            StoreError.UnknownOperation
        );
        await b.Apply(made);
        var change = new Operation
        {
            Id = new EntityId(made.Id.Origin, made.Id.Sequence + 1),
            Stamp = made.Stamp + 1,
            Entity = made.Entity,
            Kind = OperationKind.Update,
            Subjects = [id],
            Set = hostile,
        };
        (await Should.ThrowAsync<StoreException>(() => b.Apply(change))).Error.ShouldBe(StoreError.UnknownOperation);

        b.Rows("SELECT name, shadowed FROM feed WHERE id = @id", new { id }).ShouldBe(["x 0"]);
    }

    [Fact]
    public void A_clock_may_be_five_minutes_ahead_and_no_more()
    {
        var most = HybridClock.At(Now + TimeSpan.FromMinutes(5));

        HybridClock.IsTooFarAhead(most, Now).ShouldBeFalse();
        HybridClock.IsTooFarAhead(most + 1, Now).ShouldBeTrue();
    }

    private static IReadOnlyList<string> Visible(TestStore store) =>
        store.Rows("SELECT id FROM feed WHERE shadowed = 0 AND id <> @main", new { main = Feed.MainId });

    private static string PatchsetOf(string pair) => Placement.Entity.EntitiesOf(pair)[1];

    private static readonly Fields On = new() { { "enabled", true } };

    private static bool Do(Action action)
    {
        action();
        return true;
    }

    private static bool Set(Change change, string id, Fields set) => Do(() => change.Update(Feed.Entity, id, set));

    private static Task<string> AddFeed(TestStore store, string name) =>
        store.Log.Commit(Actor.Agent, change => change.Create(Feed.Entity, new Fields { { "name", name } }));

    private static Task<string> AddPair(TestStore store) =>
        store.Log.Commit(
            Actor.Agent,
            change =>
            {
                var patchset = change.Create(Patchset.Entity, Samples.PatchsetFields("K1"));
                var pair = EntityType.PairId(Feed.MainId, patchset);
                change.Update(Placement.Entity, pair, On);
                return pair;
            }
        );
}
