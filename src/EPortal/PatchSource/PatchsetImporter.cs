using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>Brings single patchsets here from the patch source.</summary>
/// <param name="client">The source.</param>
/// <param name="library">Where they go.</param>
/// <param name="folder">Where downloads lie until they are whole.</param>
internal sealed class PatchsetImporter(SourceClient client, PatchsetLibrary library, string folder)
{
    /// <summary>Brings one here, with all its files or by its manifest.</summary>
    /// <exception cref="SourceException">The source failed, or its answer is refused.</exception>
    /// <exception cref="PatchsetException">The archive is bad.</exception>
    /// <exception cref="RefusedException">It does not go together with what is here.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public Task Bring(
        Actor actor,
        RepositoryEntry entry,
        bool whole,
        IProgress<long> progress,
        CancellationToken cancel
    ) => whole ? BringArchive(actor, entry, progress, cancel) : BringManifest(actor, entry, cancel);

    private async Task BringManifest(Actor actor, RepositoryEntry entry, CancellationToken cancel) =>
        await library.DeployManifest(actor, await client.FetchManifest(entry, cancel), entry.Archive);

    /// <summary>Whether the archive of a listed patchset is here, with its patches.</summary>
    public bool IsWhole(RepositoryEntry entry) => library.IsWhole(entry.Product, entry.Name);

    /// <summary>
    /// Deletes what was downloaded, or begun, of archives that the source gives out no more, or that are here.
    /// </summary>
    public void Sweep(RepositoryIndex index)
    {
        var downloads = Directory
            .EnumerateFiles(folder)
            .Select(file => Path.GetFileName(file).Split('.')[0])
            .Where(IsHash)
            .ToHashSet(StringComparer.Ordinal);
        downloads.ExceptWith(
            index
                .Patchsets.Where(entry =>
                    entry.State == RepositoryState.Available && downloads.Contains(entry.Sha256) && !IsWhole(entry)
                )
                .Select(entry => entry.Sha256)
                .ToList()
        );
        foreach (var sha256 in downloads)
        {
            using var syncLock = FileLock.TryAcquire(LockOf(sha256));
            if (syncLock is not null)
                Forget(sha256);
        }
    }

    private async Task BringArchive(
        Actor actor,
        RepositoryEntry entry,
        IProgress<long> progress,
        CancellationToken cancel
    )
    {
        Directory.CreateDirectory(folder);
        var waited = false;
        // A sync may be fetching what somebody enables, also in another process.
        using var syncLock = await FileLock.AcquireAsync(LockOf(entry.Sha256), () => waited = true, cancel);
        try
        {
            if (!waited || !IsWhole(entry))
                await DownloadAndDeploy(actor, entry, progress, cancel);
        }
        finally
        {
            File.Delete(LockOf(entry.Sha256));
        }
    }

    /// <summary>
    /// An archive that is refused stays, so that the next sync, which meets it again, does not download it again.
    /// </summary>
    private async Task DownloadAndDeploy(
        Actor actor,
        RepositoryEntry entry,
        IProgress<long> progress,
        CancellationToken cancel
    )
    {
        // Named by content: a part left from before is never gone on with as another file.
        var file = Path.Combine(folder, entry.Sha256);
        await client.FetchArchive(entry, file, progress, cancel);
        try
        {
            await using var archive = File.OpenRead(file);
            await library.Deploy(
                actor,
                entry.Product,
                archive,
                (_, patchset) => RequireListed(entry, patchset),
                cancel
            );
        }
        catch (IOException)
        {
            File.Delete(file); // Perhaps the disk is full, and this is what fills it.
            throw;
        }

        File.Delete(file);
    }

    private void Forget(string sha256)
    {
        File.Delete(Path.Combine(folder, sha256));
        File.Delete(PartFile.PathOf(Path.Combine(folder, sha256)));
        File.Delete(LockOf(sha256));
    }

    private string LockOf(string sha256) => Path.Combine(folder, sha256 + ".lock");

    private static bool IsHash(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigitLower);

    /// <summary>Within the deploy's transaction, so that a patchset the index does not mean leaves nothing.</summary>
    private static void RequireListed(RepositoryEntry entry, Patchset patchset)
    {
        if (patchset.Name != entry.Name || patchset.ManifestSha256 != entry.ManifestSha256)
            throw new SourceException(
                SourceError.Mixed,
                $"the manifest in the archive of {entry.Name} at the patch source differs from its index"
            );
    }
}
