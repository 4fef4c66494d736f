using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>What an action does on one feed.</summary>
/// <param name="Feed">The feed.</param>
/// <param name="Action">What is done.</param>
/// <param name="Placements">All patchsets of the product with their state there, oldest first.</param>
/// <param name="Changes">Those that change.</param>
internal sealed record FeedPlan(
    Feed Feed,
    RolloutAction Action,
    IReadOnlyList<Placement> Placements,
    IReadOnlyList<PlacementChange> Changes
)
{
    /// <summary>
    /// Whether it has the same effect on a feed that offers the same; what was fetched meanwhile makes no difference.
    /// </summary>
    public bool IsLike(FeedPlan other) =>
        Feed.Id == other.Feed.Id
        && Offered(this).SequenceEqual(Offered(other))
        && Changed(this).SequenceEqual(Changed(other));

    private static IEnumerable<string> Offered(FeedPlan plan) =>
        plan.Placements.Where(one => one.State == PatchsetState.Enabled).Select(one => one.Patchset.Name);

    private static IEnumerable<string> Changed(FeedPlan plan) => plan.Changes.Select(one => one.Patchset.Name);
}

/// <summary>
/// The effect of actions on a patchset, each on its feed, as of one snapshot. Making a plan changes nothing.
/// </summary>
/// <param name="Revision">The offer revision of that snapshot.</param>
/// <param name="Feeds">A plan a feed, in the order of feeds.</param>
internal sealed record RolloutPlan(long Revision, IReadOnlyList<FeedPlan> Feeds)
{
    /// <summary>Patchsets that have to be fetched before, oldest first.</summary>
    public IReadOnlyList<string> Absent { get; } =
    [
        .. Feeds
            .SelectMany(feed => feed.Changes)
            .Where(one => one.NeedsFetch)
            .Select(one => one.Patchset)
            .Distinct()
            .Order()
            .Select(patchset => patchset.Name),
    ];

    /// <summary>
    /// The plan of actions by name of feed; <paramref name="wanted"/> may be fetched without being named.
    /// </summary>
    /// <exception cref="RefusedException">Unknown patchset or feed, or one of the actions cannot be done.</exception>
    public static RolloutPlan Of(
        Session session,
        long revision,
        Product product,
        string patchset,
        IReadOnlyDictionary<string, RolloutAction> actions,
        IReadOnlySet<string> wanted
    )
    {
        foreach (var name in actions.Keys)
            FeedStore.Get(session, name);
        var patchsets = PatchsetStore.List(session, product);
        var limit =
            patchsets.FirstOrDefault(one => one.Name == patchset) ?? PatchsetStore.Get(session, product, patchset);
        return new RolloutPlan(
            revision,
            [
                .. FeedStore
                    .List(session)
                    .Where(feed => actions.ContainsKey(feed.Name))
                    .Select(feed =>
                    {
                        var placements = Placement.List(session, feed, patchsets);
                        var action = actions[feed.Name];
                        return new FeedPlan(
                            feed,
                            action,
                            placements,
                            RolloutRules.Changes(
                                action,
                                placements.First(one => one.Patchset == limit),
                                placements,
                                wanted
                            )
                        );
                    }),
            ]
        );
    }

    /// <summary>Whether it does the same as another.</summary>
    public bool IsLike(RolloutPlan other) =>
        Feeds.Count == other.Feeds.Count && Feeds.Zip(other.Feeds).All(pair => pair.First.IsLike(pair.Second));
}
