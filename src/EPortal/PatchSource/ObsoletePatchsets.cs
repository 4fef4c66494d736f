using Dapper;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>A patchset that nobody needs any more.</summary>
internal sealed record Obsolete(Patchset Patchset, long Bytes);

/// <summary>
/// Finds patchsets that the patch source no longer lists, that are not what any feed offers for any target, and that no
/// server runs.
/// </summary>
internal sealed class ObsoletePatchsets(Database database, PatchFolders folders, Offers offers)
{
    /// <summary>All of them, by product, oldest first, with the space that they take.</summary>
    /// <exception cref="RefusedException">No list of a patch source was seen yet, so nothing is known to be
    /// obsolete.</exception>
    public IReadOnlyList<Obsolete> Find()
    {
        var patchsets = database.Read(session =>
        {
            if (SourceStore.SeenOrNull(session) is null)
                throw new RefusedException(
                    Refusal.Conflict,
                    "no patch source has been synced yet, so no patchset is known to be obsolete; "
                        + "remove single ones with `kc.eportal kcare unroll NAME --delete`"
                );
            var needed = Offered(session).Concat(Run(session)).ToHashSet();
            return Products
                .All.SelectMany(product => PatchsetStore.List(session, product))
                .Where(patchset =>
                    patchset.Id.Length > 0
                    && patchset.Listed is null
                    && !needed.Contains((patchset.Product, patchset.Name))
                )
                .ToList();
        });
        return
        [
            .. patchsets.Select(patchset => new Obsolete(
                patchset,
                folders.SizeOf(patchset.Product, patchset.Name, patchset.Archive)
            )),
        ];
    }

    private IEnumerable<(Product, string)> Offered(Session session)
    {
        var table = offers.At(session);
        return FeedStore
            .List(session)
            .SelectMany(feed => table.Of(feed.Id))
            .Select(offer => (offer.Key.Product, offer.Value.Patchset));
    }

    private static IEnumerable<(Product, string)> Run(Session session) =>
        session
            .Connection.Query<string>(
                """
                SELECT DISTINCT p.name FROM server_facts f
                JOIN patchset_target t ON t.target = f.kernel_id AND t.level = f.patch_level AND t.product = 'kernel'
                JOIN patchset p ON p.id = t.patchset
                """
            )
            .Select(name => (Product.Kernel, name));
}
