using EPortal.Feeds;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>
/// How many servers a change reaches of what they are offered. Hosts tell of kernels only, so it is about those.
/// </summary>
/// <param name="Servers">Servers that will be offered another level, or nothing.</param>
/// <param name="Nothing">Those among them that will be offered nothing.</param>
internal sealed record RolloutImpact(long Servers, long Nothing)
{
    /// <summary>No server.</summary>
    public static readonly RolloutImpact None = new(0, 0);

    /// <summary>Both together, of servers that are not the same.</summary>
    public RolloutImpact Plus(RolloutImpact other) => new(Servers + other.Servers, Nothing + other.Nothing);

    /// <summary>Counts, by what so many servers are offered before and after.</summary>
    public static RolloutImpact Of(IEnumerable<(long? Before, long? After, long Servers)> offered)
    {
        var (servers, nothing) = (0L, 0L);
        foreach (var (before, after, count) in offered)
        {
            if (before == after)
                continue;
            servers += count;
            nothing += after is null ? count : 0;
        }

        return new RolloutImpact(servers, nothing);
    }

    /// <summary>Counts for a change of what feeds offer, by feed id.</summary>
    public static IReadOnlyDictionary<string, RolloutImpact> Count(
        IReadOnlyList<FeedGroup> groups,
        IReadOnlyList<FeedPreview> previews
    )
    {
        var byFeed = groups.Where(group => group.IsEntitled).ToLookup(group => group.FeedId, StringComparer.Ordinal);
        return previews.ToDictionary(
            one => one.Plan.Feed.Id,
            one => Of(byFeed[one.Plan.Feed.Id], one.Offers),
            StringComparer.Ordinal
        );
    }

    private static RolloutImpact Of(IEnumerable<FeedGroup> groups, IReadOnlyList<OfferChange> offers)
    {
        var changed = offers.ToDictionary(offer => offer.Target, StringComparer.Ordinal);
        return Of(
            groups
                .Where(group => changed.ContainsKey(group.KernelId))
                .Select(group =>
                    (changed[group.KernelId].Before?.Level, changed[group.KernelId].After?.Level, group.Servers)
                )
        );
    }
}
