using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>
/// Imports an accepted index as the list of the patch source, within a change, and applies its blocked patchsets.
/// </summary>
internal static class IndexImport
{
    /// <summary>Takes it over; the same index again changes nothing.</summary>
    public static void Apply(Change change, string url, TrustedIndex index)
    {
        var before = Products
            .All.SelectMany(product => PatchsetStore.List(change.Session, product))
            .Where(patchset => patchset.Id.Length > 0)
            .ToDictionary(patchset => (patchset.Product, patchset.Name));
        if (SourceStore.SeenOrNull(change.Session) is not { } seen || seen.Sha256 != index.Sha256 || seen.Url != url)
        {
            SourceStore.Remember(change.Session, url, index);
            // Portals behind this one are to learn what is withdrawn.
            change.OffersChanged();
        }

        foreach (var entry in index.Index.Patchsets)
        {
            if (!before.TryGetValue((entry.Product, entry.Name), out var known))
                continue;
            if (entry.State == RepositoryState.Blocked && !known.Held)
                Rollout.Block(change, known);
            else if (entry.State != RepositoryState.Blocked && known is { Held: true, Listed: RepositoryState.Blocked })
                Rollout.Unblock(change, known);
        }
    }
}
