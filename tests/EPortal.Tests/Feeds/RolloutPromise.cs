using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Tests.Data;
using Shouldly;

namespace EPortal.Tests.Feeds;

/// <summary>What a preview says that feeds will offer and how patchsets will stand there.</summary>
internal sealed class RolloutPromise
{
    private readonly Dictionary<string, Dictionary<string, long>> _levels = [];
    private readonly Dictionary<string, List<string>> _states = [];

    /// <summary>The promise; null where nothing is to be done.</summary>
    public static RolloutPromise? OrNull(
        TestStore store,
        PatchsetLevels levels,
        Offers offers,
        string? patchset,
        IReadOnlyDictionary<string, RolloutAction> actions
    ) =>
        patchset is null || actions.Count == 0
            ? null
            : store.Database.Read(session =>
            {
                var promise = new RolloutPromise();
                var plan = RolloutPlan.Of(
                    session,
                    Node.Read(session).OfferRevision,
                    Product.Kernel,
                    patchset,
                    actions,
                    new HashSet<string>()
                );
                foreach (var preview in RolloutPreview.Of(session, levels, plan))
                    promise.Add(preview, OfferedBy(offers.At(session), preview.Plan.Feed.Id));
                return promise;
            });

    /// <summary>The feeds offer what was said, target by target, and the patchsets stand as was said.</summary>
    public void ShouldBeKept(TestStore store, Rollout rollout, Offers offers)
    {
        foreach (var (feed, levels) in _levels)
        {
            var id = store.Database.Read(session => FeedStore.Get(session, feed).Id);
            OfferedBy(store.Database.Read(offers.At), id).ShouldBe(levels, ignoreOrder: true);
            rollout
                .List(feed, Product.Kernel)
                .Select(one => $"{one.Patchset.Name} {one.State}")
                .ShouldBe(_states[feed]);
        }
    }

    private static Dictionary<string, long> OfferedBy(OfferTable offers, string feedId) =>
        offers.Of(feedId).ToDictionary(one => one.Key.Target, one => (long)one.Value.Level);

    private void Add(FeedPreview preview, Dictionary<string, long> offered)
    {
        foreach (var change in preview.Offers)
        {
            offered.TryGetValue(change.Target, out var now).ShouldBe(change.Before is not null);
            now.ShouldBe(change.Before?.Level ?? 0);
            if (change.After is { } after)
                offered[change.Target] = after.Level;
            else
                offered.Remove(change.Target);
        }

        var changes = preview.Plan.Changes.ToDictionary(one => one.Patchset.Name);
        _levels.Add(preview.Plan.Feed.Name, offered);
        _states.Add(
            preview.Plan.Feed.Name,
            [
                .. preview.Plan.Placements.Select(one =>
                    $"{one.Patchset.Name} {changes.GetValueOrDefault(one.Patchset.Name)?.After ?? one.State}"
                ),
            ]
        );
    }
}
