using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>
/// Unpacks patchsets again whose patches are missing and whose archives are here, as after a restore of archives.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="folders">Patch files.</param>
/// <param name="library">Imports archives.</param>
internal sealed class LocalRepair(Database database, PatchFolders folders, PatchsetLibrary library)
{
    /// <summary>Repairs what can be repaired without a patch source.</summary>
    /// <param name="actor">In whose name.</param>
    /// <param name="product">Of which product.</param>
    /// <param name="cancel">Stops it; what is repaired stays.</param>
    /// <returns>Names of the patchsets that are whole again, and of those whose archive is missing or
    /// another.</returns>
    /// <exception cref="PatchsetException">An archive was accepted once and is not any more, such as one that a key
    /// pinned since did not sign.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task<(IReadOnlyList<string> Repaired, IReadOnlyList<string> Lost)> Run(
        Actor actor,
        Product product,
        CancellationToken cancel
    )
    {
        var (repaired, lost) = (new List<string>(), new List<string>());
        foreach (var missing in MissingFiles.Find(database, folders).Where(one => one.Product == product))
        {
            var path = folders.ArchiveOf(product, missing.Archive);
            var recorded = database.Read(session =>
                PatchsetStore.ArchiveOrNull(session, PatchsetStore.Get(session, product, missing.Name).Id)
            );
            if (recorded is null || !FileContent.Is(path, recorded))
            {
                lost.Add(missing.Name);
                continue;
            }

            await using var archive = File.OpenRead(path);
            await library.Deploy(actor, product, archive, PatchsetLibrary.NoPlace, cancel);
            repaired.Add(missing.Name);
        }

        return (repaired, lost);
    }
}
