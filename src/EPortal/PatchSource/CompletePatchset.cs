using Dapper;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>A patchset whose archive is here.</summary>
internal sealed record CompletePatchset(Patchset Patchset, FileEntry Archive)
{
    /// <summary>All of them, by product, oldest first.</summary>
    public static List<CompletePatchset> All(Session session)
    {
        var archives = session
            .Connection.Query<(string Patchset, long Size, string Sha256)>(
                "SELECT patchset, archive_size, archive_sha256 FROM patchset_copy WHERE whole = 1 AND archive_sha256 IS NOT NULL"
            )
            .ToDictionary(row => row.Patchset, row => new FileEntry(row.Size, row.Sha256), StringComparer.Ordinal);
        return
        [
            .. Products
                .All.SelectMany(product => PatchsetStore.List(session, product))
                .Where(patchset => archives.ContainsKey(patchset.Id))
                .Select(patchset => new CompletePatchset(patchset, archives[patchset.Id])),
        ];
    }
}
