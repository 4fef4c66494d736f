using Dapper;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>What stands on the feeds: the five actions on a patchset and a feed. Each method is one transaction.</summary>
internal sealed class Rollout(Database database, ChangeLog log)
{
    private static readonly Fields On = new() { { "enabled", true } };
    private static readonly Fields Off = new() { { "enabled", false } };

    /// <summary>All patchsets of a product as they stand on a feed, oldest first.</summary>
    /// <exception cref="RefusedException">There is no such feed.</exception>
    public IReadOnlyList<Placement> List(string feed, Product product) =>
        database.Read(session => List(session, FeedStore.Get(session, feed), product));

    /// <summary>Enables one patchset, whatever its state was.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed, or its files are not here.</exception>
    public Task<Placement> Enable(Actor actor, Product product, string patchset, string feed) =>
        log.Commit(actor, change => Enable(change, Find(change, product, patchset, feed)));

    /// <summary>Keeps one patchset off a feed until it is enabled there by name.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed.</exception>
    public Task<Placement> Disable(Actor actor, Product product, string patchset, string feed) =>
        log.Commit(actor, change => Disable(change, Find(change, product, patchset, feed)));

    /// <summary>Enables a patchset and all older ones, but for the disabled.</summary>
    /// <exception cref="RefusedException">Unknown patchset or feed, or files of one are not here.</exception>
    public Task<IReadOnlyList<string>> EnableUpTo(Actor actor, Product product, string patchset, string feed) =>
        Each(actor, product, patchset, feed, "patchset.enable-upto", On, (placement, limit) =>
            placement.State is PatchsetState.Undeployed or PatchsetState.NotDownloaded && placement.Patchset.CompareTo(limit) <= 0);

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
            var (on, limit) = Find(change, product, patchset, feed);
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
        (FeedStore.Get(change.Session, feed), PatchsetStore.Get(change.Session, product, patchset));

    private static void RefuseAbsent(Patchset patchset)
    {
        if (patchset.AvailableAt is null)
            throw new RefusedException(
                Refusal.Conflict, $"The files of '{patchset.Name}' are not here; deploy its archive first.");
    }

    private static List<Placement> List(Session session, Feed feed, Product product)
    {
        var states = session.Connection.Query<(string Patchset, long Enabled, long Held)>(
            "SELECT patchset, enabled, held FROM placement WHERE feed = @Id", new { feed.Id })
            .ToDictionary(row => row.Patchset, StringComparer.Ordinal);
        return [.. PatchsetStore.List(session, product).Select(patchset => new Placement(patchset, StateOf(patchset)))];

        PatchsetState StateOf(Patchset patchset)
        {
            var known = states.TryGetValue(patchset.Id, out var state);
            return known && state.Held > 0 ? PatchsetState.Disabled
                : patchset.AvailableAt is null ? PatchsetState.NotDownloaded
                : known && state.Enabled != 0 ? PatchsetState.Enabled
                : PatchsetState.Undeployed;
        }
    }
}
