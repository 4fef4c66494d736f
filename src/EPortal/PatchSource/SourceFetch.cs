using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>Brings single patchsets here from the patch source.</summary>
/// <param name="client">The source.</param>
/// <param name="library">Where they go.</param>
/// <param name="folder">Where downloads lie until they are whole.</param>
internal sealed class SourceFetch(SourceClient client, PatchsetLibrary library, string folder)
{
    /// <summary>Brings one here, with all its files or by its manifest.</summary>
    /// <exception cref="SourceException">The source failed or is not believed.</exception>
    /// <exception cref="PatchsetException">The archive is bad.</exception>
    /// <exception cref="RefusedException">It does not go together with what is here.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public Task Bring(Actor actor, RepositoryEntry entry, bool whole, IProgress<long> progress, CancellationToken cancel) =>
        whole ? BringArchive(actor, entry, progress, cancel) : BringManifest(actor, entry, cancel);

    private async Task BringManifest(Actor actor, RepositoryEntry entry, CancellationToken cancel) =>
        await library.DeployManifest(actor, await client.FetchManifest(entry, cancel), entry.Archive);

    private async Task BringArchive(Actor actor, RepositoryEntry entry, IProgress<long> progress, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        // Named by content: a part left from before is never gone on with as another file.
        var file = Path.Combine(folder, entry.Sha256);
        await client.FetchArchive(entry, file, progress, cancel);
        try
        {
            await using var archive = File.OpenRead(file);
            await library.Deploy(actor, entry.Product, archive, (_, patchset) => RequireListed(entry, patchset), cancel);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Within the deploy's transaction, so that a patchset the index does not mean leaves nothing.</summary>
    private static void RequireListed(RepositoryEntry entry, Patchset patchset)
    {
        if (patchset.Name != entry.Name || patchset.ManifestSha256 != entry.ManifestSha256)
            throw new SourceException(
                SourceError.Mixed, $"The archive of {entry.Name} at the patch source holds another manifest than its index names.");
    }
}
