using Dapper;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>What stands on the feeds: the five actions on a patchset and a feed. Each method is one transaction.</summary>
internal sealed class Rollout(Database database, ChangeLog log, Upstream upstream)
{
    private static readonly Fields On = new() { { "enabled", true } };
    private static readonly Fields Off = new() { { "enabled", false } };

    /// <summary>All patchsets of a product as they stand on a feed, oldest first.</summary>
    /// <exception cref="RefusedException">There is no such feed.</exception>
    public IReadOnlyList<Placement> List(string feed, Product product) =>
        database.Read(session => List(session, FeedStore.Get(session, feed), product));

    /// <summary>Enables one patchset, whatever its state was; what is not here is fetched first.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed, or it is blocked or cannot be had.</exception>
    public async Task<Placement> Enable(Actor actor, Product product, string patchset, string feed, CancellationToken cancel)
    {
        var known = database.Read(session =>
        {
            FeedStore.Get(session, feed);
            return PatchsetStore.Get(session, product, patchset);
        });
        RefuseBlocked(known);
        if (!known.IsHere)
            await upstream.Fetch(actor, product, [patchset], cancel);
        return await log.Commit(actor, change => Enable(change, Find(change, product, patchset, feed)));
    }

    /// <summary>Keeps one patchset off a feed until it is enabled there by name.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed.</exception>
    public Task<Placement> Disable(Actor actor, Product product, string patchset, string feed) =>
        log.Commit(actor, change => Disable(change, Find(change, product, patchset, feed)));

    /// <summary>
    /// Enables a patchset and all older ones, but for the disabled; what is not here is fetched first, of the older ones only
    /// where they are wanted here at all.
    /// </summary>
    /// <exception cref="RefusedException">Unknown patchset or feed, or one cannot be had.</exception>
    public async Task<IReadOnlyList<string>> EnableUpTo(
        Actor actor, Product product, string patchset, string feed, CancellationToken cancel)
    {
        var absent = database.Read(session =>
        {
            var (limit, wanted) = (PatchsetStore.Get(session, product, patchset), upstream.Wanted(session, product));
            return List(session, FeedStore.Get(session, feed), product)
                .Where(placement => placement.State == PatchsetState.NotDownloaded && placement.Patchset.CompareTo(limit) <= 0)
                .Select(placement => placement.Patchset.Name).Where(name => name == patchset || wanted.Contains(name)).ToList();
        });
        if (absent.Count > 0)
            await upstream.Fetch(actor, product, absent, cancel);
        return await Each(actor, product, patchset, feed, "patchset.enable-upto", On, (placement, limit) =>
            (placement.State == PatchsetState.Undeployed
                || (placement.State == PatchsetState.NotDownloaded && absent.Contains(placement.Patchset.Name)))
            && placement.Patchset.CompareTo(limit) <= 0);
    }

    /// <summary>
    /// Enables what <paramref name="chosen"/> picks among the patchsets that are here, in no state of their own on the feed.
    /// Nothing to do leaves no trace.
    /// </summary>
    /// <exception cref="RefusedException">Unknown feed.</exception>
    public async Task<IReadOnlyList<string>> EnableAll(
        Actor actor, Product product, string feed, string action, Func<Patchset, bool> chosen)
    {
        bool IsNew(Placement placement) => placement.State == PatchsetState.Undeployed && chosen(placement.Patchset);
        if (!List(feed, product).Any(IsNew))
            return [];
        return await log.Commit<IReadOnlyList<string>>(actor, change =>
        {
            var on = FeedStore.Get(change.Session, feed);
            var names = new List<string>();
            foreach (var placement in List(change.Session, on, product).Where(IsNew))
            {
                change.Update(Placement.Entity, Placement.IdOf(on, placement.Patchset), On);
                names.Add(placement.Patchset.Name);
            }

            change.Note(action, $"{string.Join(", ", names)} on {feed}");
            return names;
        });
    }

    /// <summary>Disables a patchset on every feed within a change that does more, and holds it off those to come.</summary>
    public static void Block(Change change, Patchset patchset)
    {
        change.Hold(Patchset.Entity, patchset.Id, Fields.None);
        foreach (var feed in FeedStore.List(change.Session))
            change.Hold(Placement.Entity, Placement.IdOf(feed, patchset), Off);
        change.Note("patchset.block", $"{patchset.Name}, which the patch source blocked");
    }

    /// <summary>Lets a patchset be enabled again within a change that does more; on the feeds it stays disabled.</summary>
    public static void Unblock(Change change, Patchset patchset)
    {
        change.Release(Patchset.Entity, patchset.Id, Fields.None);
        change.Note("patchset.unblock", $"{patchset.Name}, which the patch source no longer blocks");
    }

    /// <summary>Takes a patchset and all newer ones off a feed; the disabled stay disabled.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed.</exception>
    public Task<IReadOnlyList<string>> UndeployDownTo(Actor actor, Product product, string patchset, string feed) =>
        Each(actor, product, patchset, feed, "patchset.undeploy-downto", Off, (placement, limit) =>
            placement.State == PatchsetState.Enabled && placement.Patchset.CompareTo(limit) >= 0);

    /// <summary>Takes one patchset off a feed; a disabled one is merely undeployed from then on.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed.</exception>
    public Task<Placement> Unroll(Actor actor, Product product, string patchset, string feed) => log.Commit(actor, change =>
    {
        var (on, what) = Find(change, product, patchset, feed);
        change.Release(Placement.Entity, Placement.IdOf(on, what), Off);
        change.Note("patchset.unroll", $"{patchset} on {feed}");
        return new Placement(what, PatchsetState.Undeployed);
    });

    /// <summary>Enables within a change that does more.</summary>
    public static Placement Enable(Change change, (Feed Feed, Patchset Patchset) pair)
    {
        RefuseAbsent(pair.Patchset);
        RefuseBlocked(pair.Patchset);
        change.Release(Placement.Entity, Placement.IdOf(pair.Feed, pair.Patchset), On);
        change.Note("patchset.enable", $"{pair.Patchset.Name} on {pair.Feed.Name}");
        return new Placement(pair.Patchset, PatchsetState.Enabled);
    }

    /// <summary>Disables within a change that does more.</summary>
    public static Placement Disable(Change change, (Feed Feed, Patchset Patchset) pair)
    {
        change.Hold(Placement.Entity, Placement.IdOf(pair.Feed, pair.Patchset), Off);
        change.Note("patchset.disable", $"{pair.Patchset.Name} on {pair.Feed.Name}");
        return new Placement(pair.Patchset, PatchsetState.Disabled);
    }

    /// <summary>Names of the feeds on which a patchset is enabled.</summary>
    /// <exception cref="RefusedException">There is no such patchset.</exception>
    public IReadOnlyList<string> FeedsWith(Product product, string patchset) => database.Read(session =>
        session.Connection.Query<string>(
            """
            SELECT f.name FROM placement s JOIN feed f ON f.id = s.feed
            WHERE s.patchset = @Id AND s.enabled = 1 AND s.held = 0 ORDER BY f.name
            """,
            new { PatchsetStore.Get(session, product, patchset).Id }).AsList());

    private Task<IReadOnlyList<string>> Each(
        Actor actor, Product product, string patchset, string feed, string action, Fields set, Func<Placement, Patchset, bool> chosen) =>
        log.Commit<IReadOnlyList<string>>(actor, change =>
        {
            var (on, limit) = (FeedStore.Get(change.Session, feed), PatchsetStore.Get(change.Session, product, patchset));
            var placements = List(change.Session, on, product).Where(placement => chosen(placement, limit)).ToList();
            foreach (var placement in placements)
            {
                if (set == On)
                    RefuseAbsent(placement.Patchset);
                change.Update(Placement.Entity, Placement.IdOf(on, placement.Patchset), set);
            }

            change.Note(action, $"{patchset} on {feed}");
            return [.. placements.Select(placement => placement.Patchset.Name)];
        });

    private static (Feed Feed, Patchset Patchset) Find(Change change, Product product, string patchset, string feed) =>
        (FeedStore.Get(change.Session, feed), Known(PatchsetStore.Get(change.Session, product, patchset)));

    /// <summary>What only the patch source knows has no state of its own yet.</summary>
    private static Patchset Known(Patchset patchset) => patchset.Id.Length > 0
        ? patchset
        : throw new RefusedException(Refusal.Conflict, $"'{patchset.Name}' is not downloaded yet.");

    private static void RefuseBlocked(Patchset patchset)
    {
        if (patchset.IsBlocked)
            throw new RefusedException(Refusal.Conflict, $"'{patchset.Name}' cannot be enabled: the patch source blocked it.");
    }

    private static void RefuseAbsent(Patchset patchset)
    {
        if (!patchset.IsHere)
            throw new RefusedException(
                Refusal.Conflict, $"The files of '{patchset.Name}' are not here; deploy its archive first.");
    }

    private static List<Placement> List(Session session, Feed feed, Product product)
    {
        var states = session.Connection.Query<(string Patchset, long Enabled, long Held)>(
            "SELECT patchset, enabled, held FROM placement WHERE feed = @Id", new { feed.Id })
            .ToDictionary(row => row.Patchset, StringComparer.Ordinal);
        return [.. PatchsetStore.List(session, product).Select(patchset =>
        {
            var (_, enabled, held) = states.GetValueOrDefault(patchset.Id);
            return new Placement(patchset, PatchsetStates.Of(patchset, enabled != 0, held > 0));
        })];
    }
}
