using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>Reads a repository over HTTP. Everything it returns is checked.</summary>
internal sealed class SourceClient(
    SourceOptions options,
    SourceHttp http,
    Database database,
    TrustedKeys trusted,
    PatchsetLimits limits,
    TimeProvider time
)
{
    /// <summary>Root of the source.</summary>
    public string Url => options.Url.AbsoluteUri;

    /// <summary>
    /// The index, if it may be believed. Index and signature are two files: the source may be between them, and a cache
    /// on the way may have an old copy of one or both. So what is not believed, and what is a copy, is asked for once
    /// more past all caches.
    /// </summary>
    /// <exception cref="SourceException">The source failed, or its answer is refused.</exception>
    public async Task<TrustedIndex> FetchIndex(CancellationToken cancel)
    {
        var first = await FetchPair(CachePolicy.Confirmed, cancel);
        TrustedIndex? copy = null;
        SourceException? refusal = null;
        try
        {
            copy = Check(first);
            if (copy.Age == TimeSpan.Zero)
                return copy;
        }
        catch (SourceException e) when (IsOfAnotherTime(e.Code))
        {
            refusal = e;
            await Task.Delay(options.FirstPause, time, cancel);
        }

        return await FetchPastCaches(copy, refusal, cancel);
    }

    /// <summary>The warning about an index that is a copy; null when it came from the source.</summary>
    public static string? CopyOrNull(TrustedIndex index) =>
        index.Age > TimeSpan.Zero
            ? $"{Copy(index.Age)}: let requests for {RepositoryLayout.Index} and its signature pass to the source"
            : null;

    /// <summary>The manifest of a patchset that the index lists.</summary>
    /// <exception cref="SourceException">The source failed, or its manifest is refused.</exception>
    public async Task<StagedPatchset> FetchManifest(RepositoryEntry entry, CancellationToken cancel)
    {
        var path = RepositoryLayout.Manifest(entry.Name);
        var json = (await http.GetAsync(path, limits.MaxManifestBytes, CachePolicy.Confirmed, cancel)).Content;
        if (Convert.ToHexStringLower(SHA256.HashData(json)) != entry.ManifestSha256)
            throw Mixed(entry);
        var signature = Text(
            await http.FindAsync(
                path + RepositoryLayout.SignatureSuffix,
                limits.MaxSignatureBytes,
                CachePolicy.Confirmed,
                cancel
            )
        );
        return Believe(() =>
            RequireSame(entry, ManifestCheck.Read(json, signature, trusted, limits, time.GetUtcNow()))
        );
    }

    /// <summary>Downloads the archive of a patchset that the index lists; its length and hash are right.</summary>
    /// <exception cref="SourceException">The source failed, or sent something else.</exception>
    public Task FetchArchive(RepositoryEntry entry, string file, IProgress<long> progress, CancellationToken cancel) =>
        entry.Size <= limits.MaxArchiveBytes
            ? new SourceDownload(http, entry.Archive, file, entry.Size, entry.Sha256, progress).RunAsync(cancel)
            : throw new SourceException(
                SourceError.WrongLength,
                $"the archive of {entry.Name} is larger than PATCHSET_MAX_ARCHIVE_BYTES"
            );

    /// <summary>
    /// Downloads one patch file from the first of the paths that has it; its length and hash are right.
    /// </summary>
    /// <exception cref="SourceException">The source failed, or sent something else.</exception>
    public async Task FetchFile(
        IReadOnlyList<string> paths,
        string file,
        PatchFile wanted,
        IProgress<long> progress,
        CancellationToken cancel
    )
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
        staged.Manifest.Name == entry.Name
        && staged.Manifest.Product == entry.Product
        && Convert.ToHexStringLower(SHA256.HashData(staged.ManifestJson)) == entry.ManifestSha256
            ? staged
            : throw Mixed(entry);

    private async Task<TrustedIndex> FetchPastCaches(
        TrustedIndex? copy,
        SourceException? refusal,
        CancellationToken cancel
    )
    {
        IndexPair? pair = null;
        try
        {
            pair = await FetchPair(CachePolicy.PastCaches, cancel);
            return Check(pair);
        }
        catch (SourceException) when (copy is not null)
        {
            // The copy is valid; its age is reported to the user.
            return copy;
        }
        catch (SourceException) when (pair is null && refusal is not null)
        {
            // Some sources accept no query in an address: the earlier refusal counts.
            throw refusal;
        }
        catch (SourceException e) when (pair?.Age > TimeSpan.Zero && IsOfAnotherTime(e.Code))
        {
            throw new SourceException(SourceError.Cached, $"{Copy(pair.Age)}, refused: {e.Message}", e);
        }
    }

    /// <summary>What an old copy, or two files of different times, can be mistaken for.</summary>
    private static bool IsOfAnotherTime(SourceError error) =>
        error
            is SourceError.WronglySigned
                or SourceError.Unsigned
                or SourceError.Older
                or SourceError.Mixed
                or SourceError.Expired;

    private async Task<IndexPair> FetchPair(CachePolicy freshness, CancellationToken cancel)
    {
        var signature = await http.FindAsync(
            RepositoryLayout.Index + RepositoryLayout.SignatureSuffix,
            limits.MaxSignatureBytes,
            freshness,
            cancel
        );
        var json = await http.GetAsync(RepositoryLayout.Index, RepositoryIndex.MaxBytes, freshness, cancel);
        return new IndexPair(
            json.Content,
            Text(signature),
            json.Age > signature?.Age ? json.Age : signature?.Age ?? json.Age
        );
    }

    private TrustedIndex Check(IndexPair pair) =>
        IndexTrust.Check(
            pair.Json,
            pair.Signature,
            Url,
            trusted,
            database.Read(SourceStore.SeenOrNull),
            time.GetUtcNow()
        ) with
        {
            Age = pair.Age,
        };

    private static string? Text(SmallFile? file) => file is null ? null : Encoding.UTF8.GetString(file.Content);

    private static string Copy(TimeSpan age) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"a cache before the patch source returned a copy of the index that is {age.TotalSeconds:0} seconds old"
        );

    private static SourceException Mixed(RepositoryEntry entry) =>
        new(SourceError.Mixed, $"the manifest of {entry.Name} at the patch source differs from its index");

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
                e
            );
        }
    }

    /// <summary>Index and signature as they came; the age is that of the older copy.</summary>
    private sealed record IndexPair(byte[] Json, string? Signature, TimeSpan Age);
}
