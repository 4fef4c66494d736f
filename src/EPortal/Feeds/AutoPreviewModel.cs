using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Servers;

namespace EPortal.Feeds;

/// <summary>What auto update will enable on a feed, of the patchsets that are here and have no state there.</summary>
/// <param name="Now">Names of those that are enabled at the next sync.</param>
/// <param name="Later">Names of those that have not been here long enough.</param>
/// <param name="Others">Whether some are of products for which hosts do not report what they run.</param>
/// <param name="Reach">How many servers all of them together reach.</param>
internal sealed record AutoPreviewModel(
    IReadOnlyList<string> Now,
    IReadOnlyList<string> Later,
    bool Others,
    RolloutImpact Reach
)
{
    /// <summary>Reads it for a feed with the settings that it is to have.</summary>
    public static AutoPreviewModel Of(Session session, PatchsetLevels levels, Feed feed, DateTimeOffset now)
    {
        var (due, waiting, others, reach) = (new List<string>(), new List<string>(), false, RolloutImpact.None);
        foreach (var product in Products.All)
        {
            var placements = Placement.List(session, feed, PatchsetStore.List(session, product));
            var coming = placements
                .Where(one => one.State == PatchsetState.Undeployed && feed.TakesByItself(one.Patchset))
                .ToList();
            if (coming.Count == 0)
                continue;
            due.AddRange(coming.Where(one => feed.HasWaitedFor(one.Patchset, now)).Select(one => one.Patchset.Name));
            waiting.AddRange(
                coming.Where(one => !feed.HasWaitedFor(one.Patchset, now)).Select(one => one.Patchset.Name)
            );
            if (PatchsetLineModel.GroupsOrNull(session, product) is not { } groups)
            {
                others = true;
                continue;
            }

            var plan = new FeedPlan(
                feed,
                RolloutAction.EnableUpTo,
                placements,
                [.. coming.Select(one => new PlacementChange(one, Enabled: true, Held: null))]
            );
            reach = reach.Plus(
                RolloutImpact.Count(
                    groups,
                    RolloutPreview.Of(session, levels, new RolloutPlan(Node.Read(session).OfferRevision, [plan]))
                )[feed.Id]
            );
        }

        return new AutoPreviewModel(due, waiting, others, reach);
    }

    /// <summary>Whether it enables more than another, or the same sooner.</summary>
    public bool IsMoreThan(AutoPreviewModel other) =>
        Now.Except(other.Now).Any() || Later.Except(other.Later).Except(other.Now).Any();
}
