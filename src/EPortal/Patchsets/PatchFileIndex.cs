using System.Collections.Concurrent;
using Dapper;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>The single files of the patchsets that are here.</summary>
internal sealed class PatchFileIndex(
    Database database,
    PatchFolders folders,
    PortalSigner signer,
    PatchsetLimits limits,
    TimeProvider time
)
{
    private const int MaxKnown = 20_000;

    private volatile Known _known = new(-1);

    /// <summary>
    /// The file of a patch, by what agents ask for; null when no patchset here has it. A patch may be in several
    /// patchsets with the same payload but a description each; of those that fit, any will do.
    /// </summary>
    public PatchFileLocation? FindOrNull(PatchFileRequest wanted)
    {
        var known = _known;
        if (database.OfferRevision is var revision && known.Revision != revision)
            _known = known = new Known(revision);
        if (known.Files.TryGetValue(wanted, out var file))
            return file;
        if (Read(wanted) is not { } found)
            return null;
        if (known.Files.Count < MaxKnown)
            known.Files[wanted] = found;
        return found;
    }

    private PatchFileLocation? Read(PatchFileRequest wanted)
    {
        var (target, level, file, sha256, patchset) = wanted;
        return database.Read(session =>
            session
                .Connection.Query<(string Name, string Product, string Files, long Whole)>(
                    """
                    SELECT p.name, t.product, t.files, c.whole FROM patchset_target t
                    JOIN patchset p ON p.id = t.patchset JOIN patchset_copy c ON c.patchset = p.id
                    WHERE t.target = @target AND t.level = @level AND p.shadowed = 0 AND (@patchset IS NULL OR p.name = @patchset)
                    ORDER BY c.whole DESC, p.id
                    """,
                    new
                    {
                        target,
                        level,
                        patchset,
                    },
                    buffered: false
                )
                .Select(Find)
                .FirstOrDefault(found => found is not null)
        );

        PatchFileLocation? Find((string Name, string Product, string Files, long Whole) row) =>
            Products.TryParse(row.Product, out var product)
            && PatchFiles
                .Parse(row.Files)
                .FirstOrDefault(known => known.Name == file && (sha256 ?? known.Sha256) == known.Sha256)
                is { } found
                ? new PatchFileLocation(
                    folders.FileOf(product, row.Name, row.Whole != 0, target, level, file),
                    found,
                    row.Name,
                    product,
                    row.Whole != 0,
                    SourcePaths(row.Name, target, level, file)
                )
                : null;
    }

    /// <summary>A description belongs to one patchset; the other files of a patch are the same in all.</summary>
    private static string[] SourcePaths(string patchset, string target, int level, string file)
    {
        var patch = RepositoryLayout.Patch(target, level, file);
        return file is PatchDescription.FileName or PatchDescription.SignatureFileName
            ? [RepositoryLayout.Description(patchset, target, level, file), patch]
            : [patch];
    }

    /// <summary>
    /// Puts a damaged file back in place from its archive; false when the archive does not have it any more.
    /// </summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task<bool> RestoreFromArchive(PatchFileLocation found, CancellationToken cancel)
    {
        using var staging = folders.Stage();
        var patchset = database.Read(session => PatchsetStore.Get(session, found.Product, found.Patchset));
        try
        {
            await using var archive = File.OpenRead(folders.ArchiveOf(found.Product, patchset.Archive));
            var staged = await PatchsetArchive.UnpackAsync(
                archive,
                staging.Unpacked,
                TrustedKeys.None,
                limits,
                time.GetUtcNow(),
                cancel
            );
            if (patchset.SignedBy is null)
                signer.SignUnsigned(staged, staging.Unpacked);
        }
        catch (Exception e)
            when (e is FileNotFoundException or DirectoryNotFoundException or PatchsetException or RefusedException)
        {
            return false;
        }

        var fresh = Path.Combine(
            staging.Unpacked,
            Path.GetRelativePath(folders.FolderOf(found.Product, found.Patchset), found.Path)
        );
        if (!File.Exists(fresh))
            return false;
        Directory.CreateDirectory(Path.GetDirectoryName(found.Path)!);
        DurableFile.SyncFileSystem(fresh);
        File.Move(fresh, found.Path, overwrite: true);
        DurableFile.SyncFolder(Path.GetDirectoryName(found.Path)!);
        return true;
    }

    /// <summary>Files that were found at one revision.</summary>
    private sealed record Known(long Revision)
    {
        public ConcurrentDictionary<PatchFileRequest, PatchFileLocation> Files { get; } = new();
    }
}
