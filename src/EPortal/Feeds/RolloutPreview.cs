using EPortal.Data;

namespace EPortal.Feeds;

/// <summary>What a patchset holds for a target.</summary>
/// <param name="Level">The level.</param>
/// <param name="Patchset">Name of the patchset.</param>
internal sealed record HeldLevel(long Level, string Patchset);

/// <summary>A target for which a feed would offer another level.</summary>
/// <param name="Target">The target.</param>
/// <param name="Before">What it is offered now; null for nothing.</param>
/// <param name="After">What it would be offered; null for nothing.</param>
internal sealed record OfferChange(string Target, HeldLevel? Before, HeldLevel? After);

/// <summary>
/// What a feed would offer if a plan were carried out. What is not here yet holds nothing as far as is known.
/// </summary>
/// <param name="Plan">What would be done.</param>
/// <param name="Offers">Targets for which the offered level would change.</param>
internal sealed record FeedPreview(FeedPlan Plan, IReadOnlyList<OfferChange> Offers);

/// <summary>Works out what feeds would offer, from the same plans that are carried out. Changes nothing.</summary>
internal static class RolloutPreview
{
    /// <summary>The preview of each feed of a plan.</summary>
    public static IReadOnlyList<FeedPreview> Of(Session session, PatchsetLevels levels, RolloutPlan plan)
    {
        // Feeds often offer the same, and then the same changes.
        var known = new Dictionary<string, IReadOnlyList<OfferChange>>(StringComparer.Ordinal);
        return
        [
            .. plan.Feeds.Select(feed =>
            {
                var (before, after) = (Offered(feed, one => null), Offered(feed, ChangesOf(feed).GetValueOrDefault));
                var key =
                    $"{string.Join(' ', before.Select(one => one.Name))}/{string.Join(' ', after.Select(one => one.Name))}";
                if (!known.TryGetValue(key, out var offers))
                    known.Add(key, offers = Compare(session, levels, before, after));
                return new FeedPreview(feed, offers);
            }),
        ];
    }

    private static Dictionary<string, PlacementChange> ChangesOf(FeedPlan feed) =>
        feed.Changes.ToDictionary(one => one.Patchset.Name, StringComparer.Ordinal);

    /// <summary>Patchsets that are offered after <paramref name="change"/>, newest first.</summary>
    private static List<(string Id, string Name)> Offered(FeedPlan feed, Func<string, PlacementChange?> change) =>
        [
            .. feed
                .Placements.Where(one => (change(one.Patchset.Name)?.After ?? one.State) == PatchsetState.Enabled)
                .Select(one => (one.Patchset.Id, one.Patchset.Name))
                .Reverse(),
        ];

    private static IReadOnlyList<OfferChange> Compare(
        Session session,
        PatchsetLevels levels,
        IReadOnlyList<(string Id, string Name)> before,
        IReadOnlyList<(string Id, string Name)> after
    )
    {
        var targets = before
            .Except(after)
            .Concat(after.Except(before))
            .SelectMany(one => levels.Of(session, one.Id).Keys)
            .ToHashSet(StringComparer.Ordinal);
        var (was, becomes) = (Newest(session, levels, before, targets), Newest(session, levels, after, targets));
        return
        [
            .. targets
                .Order(StringComparer.Ordinal)
                .Select(target => new OfferChange(
                    target,
                    was.GetValueOrDefault(target),
                    becomes.GetValueOrDefault(target)
                ))
                .Where(one => one.Before?.Level != one.After?.Level),
        ];
    }

    /// <summary>What the newest patchset that holds it has for each target; stops as soon as all are found.</summary>
    private static Dictionary<string, HeldLevel> Newest(
        Session session,
        PatchsetLevels levels,
        IReadOnlyList<(string Id, string Name)> newestFirst,
        HashSet<string> targets
    )
    {
        var found = new Dictionary<string, HeldLevel>(StringComparer.Ordinal);
        var missing = targets.ToHashSet(StringComparer.Ordinal);
        foreach (var (id, name) in newestFirst)
        {
            if (missing.Count == 0)
                break;
            var held = levels.Of(session, id);
            foreach (var target in missing.Where(held.ContainsKey).ToList())
            {
                found.Add(target, new HeldLevel(held[target], name));
                missing.Remove(target);
            }
        }

        return found;
    }
}
