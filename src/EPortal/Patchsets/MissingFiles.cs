using Dapper;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>A patchset whose files are not where they belong.</summary>
/// <param name="Product">Its product.</param>
/// <param name="Name">Its name.</param>
/// <param name="Archive">File name of its archive.</param>
/// <param name="IsEnabled">Whether it is enabled on a feed.</param>
internal sealed record MissingFiles(Product Product, string Name, string Archive, bool IsEnabled)
{
    /// <summary>
    /// Patchsets that should be here with all their files, and of which the patches or the archive are missing: after a
    /// restore of the database alone, or when the folder of patches is another. A folder appears whole or not at all,
    /// so looking for it is enough; what is missing or damaged in it is noticed when it is asked for.
    /// </summary>
    public static IReadOnlyList<MissingFiles> Find(Database database, PatchFolders folders) =>
        [
            .. database
                .Read(session =>
                    session
                        .Connection.Query<(string Product, string Name, string Archive, long Enabled)>(
                            """
                            SELECT p.product, p.name, p.archive,
                              (SELECT count(*) FROM placement_state l WHERE l.product = p.product AND l.patchset = p.name AND l.enabled = 1) AS enabled
                            FROM patchset p JOIN patchset_copy c ON c.patchset = p.id
                            WHERE c.whole = 1 AND p.shadowed = 0 ORDER BY p.released, p.name
                            """
                        )
                        .ToList()
                )
                .Where(row => Products.TryParse(row.Product, out _))
                .Select(row => new MissingFiles(Parse(row.Product), row.Name, row.Archive, row.Enabled > 0))
                .Where(one =>
                    !folders.Has(one.Product, one.Name) || !File.Exists(folders.ArchiveOf(one.Product, one.Archive))
                ),
        ];

    private static Product Parse(string token) => Products.TryParse(token, out var product) ? product : default;
}
