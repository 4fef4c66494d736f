using System.Security.Cryptography;
using System.Text;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>Reads a repository over HTTP. Nothing comes back from here that was not checked.</summary>
internal sealed class SourceClient(
    SourceOptions options, SourceHttp http, Database database, TrustedKeys trusted, PatchsetLimits limits, TimeProvider time)
{
    /// <summary>Root of the source.</summary>
    public string Url => options.Url.AbsoluteUri;

    /// <summary>The index, if it may be believed.</summary>
    /// <exception cref="SourceException">The source failed or is not believed.</exception>
    public async Task<TrustedIndex> FetchIndex(CancellationToken cancel)
    {
        try
        {
            return await FetchIndexOnce(cancel);
        }
        catch (SourceException e) when (e.Code == SourceError.WronglySigned)
        {
            // Index and signature are two files; the source may have been between them.
            await Task.Delay(options.FirstPause, time, cancel);
            return await FetchIndexOnce(cancel);
        }
    }

    /// <summary>The manifest of a patchset that the index lists.</summary>
    /// <exception cref="SourceException">The source failed, or its manifest is not believed.</exception>
    public async Task<StagedPatchset> FetchManifest(RepositoryEntry entry, CancellationToken cancel)
    {
        var path = RepositoryLayout.Manifest(entry.Name);
        var json = await http.GetAsync(path, limits.MaxManifestBytes, cancel);
        if (Convert.ToHexStringLower(SHA256.HashData(json)) != entry.ManifestSha256)
            throw Mixed(entry);
        var signature = await FindText(path + RepositoryLayout.SignatureSuffix, cancel);
        return Believe(() => RequireSame(
            entry, ManifestCheck.Read(json, signature, trusted, limits, time.GetUtcNow())));
    }

    /// <summary>Downloads the archive of a patchset that the index lists; its length and hash are right.</summary>
    /// <exception cref="SourceException">The source failed, or sent something else.</exception>
    public Task FetchArchive(RepositoryEntry entry, string file, IProgress<long> progress, CancellationToken cancel) =>
        entry.Size <= limits.MaxArchiveBytes
            ? new SourceDownload(http, entry.Archive, file, entry.Size, entry.Sha256, progress).RunAsync(cancel)
            : throw new SourceException(
                SourceError.WrongLength, $"The archive of {entry.Name} is larger than PATCHSET_MAX_ARCHIVE_BYTES allows.");

    /// <summary>Downloads one patch file from the first of the paths that has it; its length and hash are right.</summary>
    /// <exception cref="SourceException">The source failed, or sent something else.</exception>
    public async Task FetchFile(
        IReadOnlyList<string> paths, string file, PatchFile wanted, IProgress<long> progress, CancellationToken cancel)
    {
        foreach (var path in paths.SkipLast(1))
        {
            try
            {
                await new SourceDownload(http, path, file, wanted.Size, wanted.Sha256, progress).RunAsync(cancel);
                return;
            }
            catch (SourceException e) when (e.Code == SourceError.NotFound)
            {
                // A repository of a simpler kind: the next path then.
            }
        }

        await new SourceDownload(http, paths[^1], file, wanted.Size, wanted.Sha256, progress).RunAsync(cancel);
    }

    /// <summary>What the index says of an archive must hold for what is in it.</summary>
    /// <exception cref="SourceException">It is another patchset.</exception>
    public static StagedPatchset RequireSame(RepositoryEntry entry, StagedPatchset staged) =>
        staged.Manifest.Name == entry.Name && staged.Manifest.Product == entry.Product
            && Convert.ToHexStringLower(SHA256.HashData(staged.ManifestJson)) == entry.ManifestSha256
            ? staged
            : throw Mixed(entry);

    private async Task<TrustedIndex> FetchIndexOnce(CancellationToken cancel)
    {
        var signature = await FindText(RepositoryLayout.Index + RepositoryLayout.SignatureSuffix, cancel);
        var json = await http.GetAsync(RepositoryLayout.Index, RepositoryIndex.MaxBytes, cancel);
        return IndexTrust.Check(json, signature, Url, trusted, database.Read(SourceStore.SeenOrNull), time.GetUtcNow());
    }

    private async Task<string?> FindText(string path, CancellationToken cancel) =>
        await http.FindAsync(path, limits.MaxSignatureBytes, cancel) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static SourceException Mixed(RepositoryEntry entry) => new(
        SourceError.Mixed, $"The manifest of {entry.Name} at the patch source is not the one that its index names.");

    private static T Believe<T>(Func<T> check)
    {
        try
        {
            return check();
        }
        catch (PatchsetException e)
        {
            throw new SourceException(
                e.Code switch
                {
                    PatchsetErrorCode.Unsigned => SourceError.Unsigned,
                    PatchsetErrorCode.BadSignature or PatchsetErrorCode.UntrustedKey => SourceError.WronglySigned,
                    _ => SourceError.BadAnswer,
                },
                e.Message,
                e);
        }
    }
}
