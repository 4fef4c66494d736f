using EPortal.Feeds;

namespace EPortal.Servers;

/// <summary>How many servers a change of what feeds offer reaches.</summary>
internal static class RolloutReach
{
    /// <summary>Servers that would be offered another level, by feed id. Hosts tell of kernels only, so it is about those.</summary>
    public static IReadOnlyDictionary<string, long> Count(IReadOnlyList<FeedGroup> groups, IReadOnlyList<FeedPreview> previews)
    {
        var changed = previews.ToDictionary(
            one => one.Plan.Feed.Id, one => one.Offers.Select(offer => offer.Target).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        var counts = changed.Keys.ToDictionary(feed => feed, _ => 0L, StringComparer.Ordinal);
        foreach (var group in groups.Where(group => group.IsEntitled))
        {
            if (changed.TryGetValue(group.FeedId, out var kernels) && kernels.Contains(group.KernelId))
                counts[group.FeedId] += group.Servers;
        }

        return counts;
    }
}
