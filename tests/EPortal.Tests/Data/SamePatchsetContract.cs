using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Tests.Format;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>
/// Nodes that sync the same source each record the same patchsets for themselves. When they meet, whichever record is
/// visible: what one of them disabled or blocked is out of force on all, what one of them enabled stays enabled, and
/// what is here stays here.
/// </summary>
public abstract class SamePatchsetContract(TestDatabase kind) : StoreContract(kind)
{
    private const string Name = SamplePatchset.Name;
    private static readonly DateTimeOffset Now = SamplePatchset.Now;

    private static readonly IReadOnlyDictionary<string, FileEntry> s_files = new Dictionary<string, FileEntry>
    {
        ["kpatch.bin"] = SamplePatchset.Entry([1]),
        ["kpatch.info"] = SamplePatchset.Entry([2]),
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_one_site_disabled_is_disabled_everywhere_until_somebody_enables_it_again(bool byTheEarlier)
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        await SyncBoth(a, b);
        var (enables, disables) = byTheEarlier ? (b, a) : (a, b);
        await Do(enables, Rollout.Enable);
        await Do(disables, Rollout.Disable);
        await Meet(a, b);

        foreach (var node in new[] { a, b })
        {
            StateAt(node).ShouldBe(PatchsetState.Disabled);
            Offered(node).ShouldBeEmpty();
        }

        await Do(a, Rollout.Enable);
        await Meet(a, b);
        foreach (var node in new[] { a, b })
        {
            StateAt(node).ShouldBe(PatchsetState.Enabled);
            Offered(node).ShouldBe([Name]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_one_site_enabled_stays_enabled_and_undeploying_it_undeploys_it(bool byTheEarlier)
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        await SyncBoth(a, b);
        await Do(byTheEarlier ? a : b, Rollout.Enable);
        await Meet(a, b);
        foreach (var node in new[] { a, b })
            Offered(node).ShouldBe([Name]);

        a.Time.Advance(TimeSpan.FromMinutes(1));
        await Do(
            a,
            (change, pair) =>
                change.Update(
                    Placement.Entity,
                    Placement.IdOf(pair.Feed, pair.Patchset),
                    new Fields { { "enabled", 0 } }
                )
        );
        await Meet(a, b);
        foreach (var node in new[] { a, b })
            StateAt(node).ShouldBe(PatchsetState.Undeployed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_one_site_enabled_on_a_feed_that_both_made_stays_enabled_there(bool byTheEarlier)
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        foreach (var node in new[] { a, b })
            await new FeedStore(node.Database, node.Log).Add(TestStore.Admin, "canary", new FeedSettings());
        await SyncBoth(a, b);
        await Do(byTheEarlier ? a : b, Rollout.Enable, "canary");
        await Meet(a, b);
        foreach (var node in new[] { a, b })
            Offered(node, "canary").ShouldBe([Name]);

        await new FeedStore(b.Database, b.Log).Delete(TestStore.Admin, "canary");
        await Meet(a, b);
        foreach (var node in new[] { a, b })
            node.Scalar<long>("SELECT count(*) FROM placement_state").ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_source_blocked_at_one_site_is_blocked_everywhere(bool byTheEarlier)
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        await SyncBoth(a, b);
        await Do(byTheEarlier ? b : a, Rollout.Enable);
        await Do(byTheEarlier ? a : b, (change, pair) => Rollout.Block(change, pair.Patchset));
        await Meet(a, b);

        foreach (var node in new[] { a, b })
        {
            StateAt(node).ShouldBe(PatchsetState.Blocked);
            Offered(node).ShouldBeEmpty();
        }

        await Do(b, (change, pair) => Rollout.Unblock(change, pair.Patchset));
        await Meet(a, b);
        foreach (var node in new[] { a, b })
            StateAt(node).ShouldBe(PatchsetState.Disabled);
    }

    [Fact]
    public async Task A_record_that_its_deletion_had_not_seen_keeps_what_is_here()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        await SyncBoth(a, b);
        await b.SendTo(a);
        await Do(b, (change, pair) => PatchsetStore.Delete(change, pair.Patchset));
        await Meet(a, b);

        // At A the copy went with B's record, which is visible, and comes back to A's own.
        a.Database.Read(session => PatchsetStore.Get(session, Product.Kernel, Name)).IsHere.ShouldBeTrue();
        b.Database.Read(session => PatchsetStore.Get(session, Product.Kernel, Name)).Id.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Another_content_of_the_same_name_is_not_what_is_here()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        await Sync(a, "of a");
        await Sync(b, "of b");
        await Meet(a, b);

        a.Database.Read(session => PatchsetStore.Get(session, Product.Kernel, Name)).IsHere.ShouldBeFalse();
        b.Database.Read(session => PatchsetStore.Get(session, Product.Kernel, Name)).IsHere.ShouldBeTrue();
    }

    [Fact]
    public async Task A_release_ends_the_holds_it_saw_though_its_subject_was_deleted_before()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        await using var c = NewStore(Now + TimeSpan.FromSeconds(9));
        await SyncBoth(a, b);
        await Do(a, Rollout.Disable);
        await Meet(a, b);
        // C knows only B's record when it deletes it; A's record lives on, and its hold was released meanwhile.
        foreach (var operation in b.Operations().Where(operation => operation.Id.Origin == b.Origin))
            await c.Apply(operation);
        await Do(a, Rollout.Enable);
        await Do(c, (change, pair) => PatchsetStore.Delete(change, pair.Patchset));

        await a.SendTo(b);
        await c.SendTo(a);
        await c.SendTo(b);
        await b.SendTo(c);
        await a.SendTo(c);

        a.Content().ShouldBe(b.Content());
        c.Content().ShouldBe(b.Content());
        foreach (var node in new[] { a, b, c })
            node.Scalar<long>("SELECT count(*) FROM hold").ShouldBe(0);
    }

    private static async Task SyncBoth(TestStore a, TestStore b)
    {
        await Sync(a, "");
        await Sync(b, "");
    }

    private static Task Sync(TestStore store, string salt)
    {
        var manifest = SamplePatchset.Head() with
        {
            Targets = [SamplePatchset.Target(SamplePatchset.Kernel('a')) with { Files = s_files }],
        };
        var staged = new StagedPatchset(manifest, [], null, null, 0);
        return store.Log.Commit(
            Actor.Portal,
            change =>
            {
                PatchsetStore.Record(change, staged, $"hash {salt}", $"{Name}.tar", SamplePatchset.Entry([3]));
                change.Note("patchset.deploy", Name);
                return 0;
            }
        );
    }

    private static Task Do(
        TestStore store,
        Func<Change, (Feed, Patchset), Placement> action,
        string feed = Feed.Main
    ) => Do(store, new Action<Change, (Feed, Patchset)>((change, pair) => action(change, pair)), feed);

    private static Task Do(
        TestStore store,
        Action<Change, (Feed Feed, Patchset Patchset)> action,
        string feed = Feed.Main
    ) =>
        store.Log.Commit(
            Actor.Agent,
            change =>
            {
                var patchset = PatchsetStore.Get(change.Session, Product.Kernel, Name);
                action(change, (FeedStore.Get(change.Session, feed), patchset));
                return 0;
            }
        );

    private static PatchsetState StateAt(TestStore store) =>
        store.Database.Read(session =>
        {
            var patchset = PatchsetStore.Get(session, Product.Kernel, Name);
            return Placement.List(session, FeedStore.Get(session, Feed.Main), [patchset]).ShouldHaveSingleItem().State;
        });

    private static List<string> Offered(TestStore store, string feed = Feed.Main) =>
        [
            .. store.Rows(
                $"SELECT p.name FROM {InForce.From} JOIN patchset_target t ON t.patchset = p.id WHERE {InForce.Where} AND f.name = '{feed}'"
            ),
        ];

    private static async Task Meet(TestStore a, TestStore b)
    {
        await a.SendTo(b);
        await b.SendTo(a);
        a.Content().ShouldBe(b.Content());
    }
}
