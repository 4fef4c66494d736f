using Dapper;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>The five actions on a patchset and a feed. Each method is one transaction.</summary>
internal sealed class Rollout(Database database, ChangeLog log, Upstream upstream)
{
    private static readonly Fields On = new() { { "enabled", true } };
    private static readonly Fields Off = new() { { "enabled", false } };

    /// <summary>All patchsets of a product with their state on a feed, oldest first.</summary>
    /// <exception cref="RefusedException">There is no such feed.</exception>
    public IReadOnlyList<Placement> List(string feed, Product product) =>
        database.Read(session => List(session, FeedStore.Get(session, feed), product));

    /// <summary>What actions by name of feed would do, as of a snapshot and its offer revision.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed, or one of the actions cannot be done.</exception>
    public RolloutPlan Plan(
        Session session,
        long revision,
        Product product,
        string patchset,
        IReadOnlyDictionary<string, RolloutAction> actions
    ) => RolloutPlan.Of(session, revision, product, patchset, actions, upstream.Wanted(session, product));

    /// <summary>
    /// Carries out the action for each feed, on all of them or on none. What is not here is fetched first; when that
    /// fails, what was fetched until then stays and nothing changes on the feeds.
    /// </summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="product">Product of the patchset.</param>
    /// <param name="patchset">Its name.</param>
    /// <param name="actions">What to do, by name of feed.</param>
    /// <param name="expected">The offer revision at which it was decided; null where it does not matter what changed
    /// since.</param>
    /// <param name="cancel">Cancels the download.</param>
    /// <returns>What was done, in the order of feeds.</returns>
    /// <exception cref="RefusedException">Unknown patchset or feed, it is blocked or not available, or the feeds
    /// changed meanwhile.</exception>
    public async Task<IReadOnlyList<FeedPlan>> Apply(
        Actor actor,
        Product product,
        string patchset,
        IReadOnlyDictionary<string, RolloutAction> actions,
        long? expected,
        CancellationToken cancel
    )
    {
        var planned = database.Read(session =>
            Plan(session, Node.Read(session).OfferRevision, product, patchset, actions)
        );
        RefuseStale(expected, planned.Revision);
        if (planned.Absent.Count > 0)
            await upstream.Fetch(actor, product, planned.Absent, cancel);
        return await log.Commit(
            actor,
            change =>
            {
                var plan = Plan(change.Session, change.Node.OfferRevision, product, patchset, actions);
                // Fetching changes the revision; comparing the plans shows whether anything else changed.
                if (planned.Absent.Count == 0)
                    RefuseStale(expected, plan.Revision);
                else if (expected is not null && !plan.IsLike(planned))
                    throw Stale();
                foreach (var feed in plan.Feeds)
                    Carry(change, feed, patchset);
                return plan.Feeds;
            }
        );
    }

    /// <summary>Enables one patchset, whatever its state was; what is not here is fetched first.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed, or it is blocked or not available.</exception>
    public async Task<Placement> Enable(
        Actor actor,
        Product product,
        string patchset,
        string feed,
        CancellationToken cancel
    ) => (await Apply(actor, product, patchset, feed, RolloutAction.Enable, cancel))[0];

    /// <summary>Keeps one patchset off a feed until it is enabled there by name.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed.</exception>
    public async Task<Placement> Disable(Actor actor, Product product, string patchset, string feed) =>
        (await Apply(actor, product, patchset, feed, RolloutAction.Disable, CancellationToken.None))[0];

    /// <summary>
    /// Enables a patchset and all older ones, except disabled ones; what is not here is fetched first, of the older
    /// ones only where they are wanted here at all.
    /// </summary>
    /// <exception cref="RefusedException">Unknown patchset or feed, or one is not available.</exception>
    public async Task<IReadOnlyList<string>> EnableUpTo(
        Actor actor,
        Product product,
        string patchset,
        string feed,
        CancellationToken cancel
    ) => NamesOf(await Apply(actor, product, patchset, feed, RolloutAction.EnableUpTo, cancel));

    /// <summary>Undeploys a patchset and all newer ones from a feed; disabled ones stay disabled.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed.</exception>
    public async Task<IReadOnlyList<string>> UndeployDownTo(
        Actor actor,
        Product product,
        string patchset,
        string feed
    ) => NamesOf(await Apply(actor, product, patchset, feed, RolloutAction.UndeployDownTo, CancellationToken.None));

    /// <summary>Undeploys one patchset from a feed; a disabled one is no longer disabled.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed.</exception>
    public Task Unroll(Actor actor, Product product, string patchset, string feed) =>
        Apply(actor, product, patchset, feed, RolloutAction.Unroll, CancellationToken.None);

    /// <summary>
    /// Enables what <paramref name="chosen"/> picks among the patchsets that are here and have no state on the feed.
    /// Nothing to do leaves no trace.
    /// </summary>
    /// <exception cref="RefusedException">Unknown feed.</exception>
    public async Task<IReadOnlyList<string>> EnableAll(
        Actor actor,
        Product product,
        string feed,
        string action,
        Func<Patchset, bool> chosen
    )
    {
        bool IsNew(Placement placement) => placement.State == PatchsetState.Undeployed && chosen(placement.Patchset);
        if (!List(feed, product).Any(IsNew))
            return [];
        return await log.Commit<IReadOnlyList<string>>(
            actor,
            change =>
            {
                var on = FeedStore.Get(change.Session, feed);
                var names = new List<string>();
                foreach (var placement in List(change.Session, on, product).Where(IsNew))
                {
                    Carry(change, on, new PlacementChange(placement, Enabled: true, Held: null));
                    names.Add(placement.Patchset.Name);
                }

                change.Note(action, $"{string.Join(", ", names)} on {feed}");
                return names;
            }
        );
    }

    /// <summary>Disables a patchset on every feed within a larger change, and on feeds added later.</summary>
    public static void Block(Change change, Patchset patchset)
    {
        change.Hold(Patchset.Entity, patchset.Id, Fields.None);
        foreach (var feed in FeedStore.List(change.Session))
            change.Hold(Placement.Entity, Placement.IdOf(feed, patchset), Off);
        change.Note("patchset.block", $"{patchset.Name}, which the patch source blocked");
    }

    /// <summary>Allows a patchset to be enabled again within a larger change; on the feeds it stays disabled.</summary>
    public static void Unblock(Change change, Patchset patchset)
    {
        change.Release(Patchset.Entity, patchset.Id, Fields.None);
        change.Note("patchset.unblock", $"{patchset.Name}, which the patch source no longer blocks");
    }

    /// <summary>
    /// Enables or disables on a feed what a deploy records, in its transaction; <paramref name="before"/> gets its
    /// previous state there.
    /// </summary>
    public static Action<Change, Patchset> Place(string feed, bool disabled, Action<PatchsetState>? before = null) =>
        (change, patchset) =>
        {
            var pair = (Feed: FeedStore.Get(change.Session, feed), patchset);
            before?.Invoke(Placement.List(change.Session, pair.Feed, [patchset])[0].State);
            _ = disabled ? Disable(change, pair) : Enable(change, pair);
        };

    /// <summary>
    /// Disables on a feed what is not enabled there, within a larger change; false when it is enabled, because servers
    /// would lose it.
    /// </summary>
    public static bool KeepOff(Change change, string feed, Patchset patchset)
    {
        var on = FeedStore.Get(change.Session, feed);
        if (Placement.List(change.Session, on, [patchset])[0].State == PatchsetState.Enabled)
            return false;
        Disable(change, (on, patchset));
        return true;
    }

    /// <summary>Enables within a larger change.</summary>
    public static Placement Enable(Change change, (Feed Feed, Patchset Patchset) pair) =>
        Carry(change, pair, RolloutAction.Enable);

    /// <summary>Disables within a larger change.</summary>
    public static Placement Disable(Change change, (Feed Feed, Patchset Patchset) pair) =>
        Carry(change, pair, RolloutAction.Disable);

    /// <summary>Names of the feeds on which a patchset is enabled.</summary>
    /// <exception cref="RefusedException">There is no such patchset.</exception>
    public IReadOnlyList<string> FeedsWith(Product product, string patchset) =>
        database.Read(session =>
            session
                .Connection.Query<string>(
                    $"""
                    SELECT f.name FROM {InForce.From}
                    WHERE {InForce.Where} AND p.id = @Id ORDER BY f.name
                    """,
                    new { PatchsetStore.Get(session, product, patchset).Id }
                )
                .AsList()
        );

    /// <summary>The newest enabled patchset of each feed and product, by name of the feed.</summary>
    public IReadOnlyDictionary<(string Feed, Product Product), string> Newest() =>
        database.Read(session =>
            session
                .Connection.Query<(string Feed, string Product, string Name)>(
                    $"""
                    SELECT f.name, p.product, p.name FROM {InForce.From}
                    WHERE {InForce.Where}
                    ORDER BY p.released DESC, p.name DESC
                    """
                )
                .DistinctBy(row => (row.Feed, row.Product))
                .ToDictionary(
                    row => (row.Feed, Products.All.Single(product => product.Token() == row.Product)),
                    row => row.Name
                )
        );

    private async Task<IReadOnlyList<Placement>> Apply(
        Actor actor,
        Product product,
        string patchset,
        string feed,
        RolloutAction action,
        CancellationToken cancel
    )
    {
        var done = await Apply(
            actor,
            product,
            patchset,
            new Dictionary<string, RolloutAction> { [feed] = action },
            expected: null,
            cancel
        );
        return [.. done.Single().Changes.Select(one => new Placement(one.Patchset, one.After))];
    }

    private static IReadOnlyList<string> NamesOf(IReadOnlyList<Placement> placements) =>
        [.. placements.Select(one => one.Patchset.Name)];

    private static Placement Carry(Change change, (Feed Feed, Patchset Patchset) pair, RolloutAction action)
    {
        var placement = Placement.List(change.Session, pair.Feed, [pair.Patchset])[0];
        var changes = RolloutRules.Changes(action, placement, [placement]);
        Carry(change, new FeedPlan(pair.Feed, action, [placement], changes), pair.Patchset.Name);
        return new Placement(pair.Patchset, changes[0].After);
    }

    private static void Carry(Change change, FeedPlan plan, string patchset)
    {
        foreach (var one in plan.Changes)
            Carry(change, plan.Feed, one);
        change.Note(
            $"patchset.{plan.Action.Token()}",
            $"{patchset} on {plan.Feed.Name}",
            [
                .. plan
                    .Changes.Where(one => one.After != one.Before.State)
                    .Select(one => new FieldChange(one.Patchset.Name, one.Before.State.Token(), one.After.Token())),
            ]
        );
    }

    private static void Carry(Change change, Feed feed, PlacementChange one)
    {
        if (one.NeedsFetch)
            throw new RefusedException(
                Refusal.Conflict,
                $"the files of '{one.Patchset.Name}' are missing; deploy its archive first"
            );
        var (id, set) = (Placement.IdOf(feed, one.Patchset), one.Enabled ? On : Off);
        if (one.Held is not { } held)
            change.Update(Placement.Entity, id, set);
        else if (held)
            change.Hold(Placement.Entity, id, set);
        else
            change.Release(Placement.Entity, id, set);
    }

    private static void RefuseStale(long? expected, long revision)
    {
        if (expected is { } seen && seen != revision)
            throw Stale();
    }

    private static RefusedException Stale() =>
        new(
            Refusal.Conflict,
            "nothing changed: what the feeds offer changed after this preview; check the new preview"
        );

    private static List<Placement> List(Session session, Feed feed, Product product) =>
        Placement.List(session, feed, PatchsetStore.List(session, product));
}
