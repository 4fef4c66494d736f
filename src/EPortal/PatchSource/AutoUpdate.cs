using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;

namespace EPortal.PatchSource;

/// <summary>Enables patchsets on feeds automatically.</summary>
internal sealed class AutoUpdate(FeedStore feeds, Rollout rollout, TimeProvider time)
{
    /// <summary>
    /// Enables on every automatic feed what has been here for as long as the feed waits. What was disabled there stays
    /// disabled, and <c>main</c> is never automatic.
    /// </summary>
    /// <returns>Feeds that got something, with the names.</returns>
    public async Task<IReadOnlyList<(string Feed, IReadOnlyList<string> Patchsets)>> Run(Actor actor, Product product)
    {
        var now = time.GetUtcNow();
        var changed = new List<(string, IReadOnlyList<string>)>();
        foreach (var feed in feeds.List().Where(feed => feed.Auto))
        {
            var names = await rollout.EnableAll(
                actor,
                product,
                feed.Name,
                "patchset.auto-update",
                patchset => feed.TakesByItself(patchset) && feed.HasWaitedFor(patchset, now)
            );
            if (names.Count > 0)
                changed.Add((feed.Name, names));
        }

        return changed;
    }

    /// <summary>Enables on one feed everything of its channel that is here, at once.</summary>
    /// <exception cref="RefusedException">There is no such feed.</exception>
    public Task<IReadOnlyList<string>> Update(Actor actor, Product product, string feed)
    {
        var on = feeds.Get(feed);
        return rollout.EnableAll(actor, product, feed, "patchset.update", patchset => on.Takes(patchset.Channel));
    }
}
