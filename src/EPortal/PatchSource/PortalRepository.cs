using System.Security.Cryptography;
using System.Text;
using Dapper;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>A file that other portals may fetch.</summary>
internal sealed record PublishedFile(string Path, long Size, string Sha256);

/// <summary>An index with its signature and the files that it speaks of.</summary>
internal sealed record PublishedIndex(
    byte[] Json,
    byte[] Signature,
    IReadOnlyDictionary<string, PublishedFile> Files,
    long Revision,
    DateTimeOffset Renew
);

/// <summary>
/// This portal as a patch source of others: what it holds whole, signed with its own key. Patchsets whose maker was not
/// checked here are served with this portal's signature, as for its agents.
/// </summary>
/// <param name="database">The store.</param>
/// <param name="log">Changes to it.</param>
/// <param name="folders">Where patchsets lie.</param>
/// <param name="signer">Own key.</param>
/// <param name="limits">Bounds.</param>
/// <param name="folder">Where re-signed archives are kept.</param>
/// <param name="validity">How long an index may be believed.</param>
/// <param name="time">The clock.</param>
internal sealed class PortalRepository(
    Database database,
    ChangeLog log,
    PatchFolders folders,
    PortalSigner signer,
    PatchsetLimits limits,
    string folder,
    TimeSpan validity,
    TimeProvider time
) : IDisposable
{
    private const string SignedEnding = ".tar.zst";

    private readonly SemaphoreSlim _building = new(1);
    private volatile PublishedIndex? _current;

    /// <summary>The index as of now.</summary>
    public async Task<PublishedIndex> Index(CancellationToken cancel)
    {
        var revision = database.Read(session => Node.Read(session).OfferRevision);
        if (IsFresh(_current, revision))
            return _current!;
        await _building.WaitAsync(cancel);
        try
        {
            return IsFresh(_current, revision) ? _current! : _current = await Build(revision, cancel);
        }
        finally
        {
            _building.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _building.Dispose();

    private bool IsFresh(PublishedIndex? index, long revision) =>
        index is not null && index.Revision == revision && time.GetUtcNow() < index.Renew;

    private async Task<PublishedIndex> Build(long revision, CancellationToken cancel)
    {
        var files = new Dictionary<string, PublishedFile>(StringComparer.Ordinal);
        var entries = new Dictionary<string, RepositoryEntry>(StringComparer.Ordinal);
        foreach (
            var (patchset, archive) in database
                .Read(CompletePatchset.All)
                .Where(held => !entries.ContainsKey(held.Patchset.Name))
        )
            entries.Add(patchset.Name, await Publish(patchset, archive, files, cancel));
        var (json, signature, expires) = await log.Commit(Actor.Portal, change => Next(change, [.. entries.Values]));
        return new PublishedIndex(json, Encoding.UTF8.GetBytes(signature), files, revision, expires - (validity / 2));
    }

    /// <summary>The stored index while it lists the same and is young; else one of the next version.</summary>
    private (byte[] Json, string Signature, DateTimeOffset Expires) Next(
        Change change,
        IReadOnlyList<RepositoryEntry> entries
    )
    {
        var content = ContentOf(entries);
        var last = change.Db.QuerySingleOrDefault<(
            long Version,
            string Content,
            long Expires,
            byte[] Json,
            string Signature
        )>("SELECT version, content, expires, json, signature FROM own_index");
        var renew = last.Json is null ? DateTimeOffset.MinValue : UnixMicros.ToTime(last.Expires) - (validity / 2);
        if (last.Content == content && change.Now < renew)
            return (last.Json!, last.Signature, UnixMicros.ToTime(last.Expires));
        var index = new RepositoryIndex
        {
            Version = last.Version + 1,
            Generated = change.Now,
            Expires = change.Now + validity,
            Patchsets = entries,
        };
        var json = index.ToJson();
        var signature = RepositoryTree.Sign(signer.Own, json, index);
        change.Session.Execute(
            """
            INSERT INTO own_index (one, version, content, expires, json, signature)
            VALUES (1, @version, @content, @expires, @json, @signature)
            ON CONFLICT (one) DO UPDATE SET version = excluded.version, content = excluded.content, expires = excluded.expires, json = excluded.json,
              signature = excluded.signature
            """,
            ("@version", index.Version),
            ("@content", content),
            ("@expires", UnixMicros.Of(index.Expires)),
            ("@json", json),
            ("@signature", signature)
        );
        return (json, signature, index.Expires);
    }

    private static string ContentOf(IReadOnlyList<RepositoryEntry> entries) =>
        Convert.ToHexStringLower(
            SHA256.HashData(
                new RepositoryIndex
                {
                    Version = 1,
                    Generated = DateTimeOffset.UnixEpoch,
                    Expires = DateTimeOffset.UnixEpoch,
                    Patchsets = entries,
                }.ToJson()
            )
        );

    private async Task<RepositoryEntry> Publish(
        Patchset patchset,
        FileEntry archive,
        Dictionary<string, PublishedFile> files,
        CancellationToken cancel
    )
    {
        var held = patchset.SignedBy is not null
            ? new HeldPatchset(
                folders.ArchiveOf(patchset.Product, patchset.Archive),
                archive,
                folders.FolderOf(patchset.Product, patchset.Name)
            )
            : await SignedAnew(patchset, cancel);
        var ending = patchset.SignedBy is not null ? patchset.Archive[patchset.Name.Length..] : SignedEnding;
        var path = RepositoryLayout.Archive(patchset.Name, ending);
        files[path] = new PublishedFile(held.ArchivePath, held.Archive.Size, held.Archive.Sha256);
        var manifest = AddManifest(files, patchset.Name, held.Folder, Manifest.FileName, "");
        AddManifest(files, patchset.Name, held.Folder, Manifest.SignatureFileName, RepositoryLayout.SignatureSuffix);
        return new RepositoryEntry
        {
            Product = patchset.Product,
            Name = patchset.Name,
            Released = patchset.Released,
            Channel = patchset.Channel,
            Distros = patchset.Distros,
            Archive = path,
            Size = held.Archive.Size,
            Sha256 = held.Archive.Sha256,
            ManifestSha256 = manifest.Sha256,
            State =
                patchset.IsBlocked ? RepositoryState.Blocked
                : patchset.Listed == RepositoryState.Withdrawn ? RepositoryState.Withdrawn
                : RepositoryState.Available,
        };
    }

    /// <summary>Signs an archive again, once.</summary>
    private async Task<HeldPatchset> SignedAnew(Patchset patchset, CancellationToken cancel)
    {
        var place = Path.Combine(folder, patchset.Product.Token(), patchset.ManifestSha256);
        Directory.CreateDirectory(place);
        var archive = Path.Combine(place, patchset.Name + SignedEnding);
        if (!File.Exists(archive))
        {
            await ArchiveSigner.SignAsync(
                folders.ArchiveOf(patchset.Product, patchset.Archive),
                archive,
                signer.Own,
                limits,
                time.GetUtcNow(),
                cancel
            );
        }

        await using var file = File.OpenRead(archive);
        var staged = await PatchsetArchive.VerifyAsync(
            file,
            new TrustedKeys([signer.Own.PublicKey]),
            limits,
            time.GetUtcNow(),
            cancel
        );
        DurableFile.Write(Path.Combine(place, Manifest.FileName), staged.ManifestJson);
        DurableFile.Write(
            Path.Combine(place, Manifest.SignatureFileName),
            Encoding.UTF8.GetBytes(staged.ManifestSignature!)
        );
        return new HeldPatchset(archive, EntryOf(archive), place);
    }

    private static PublishedFile AddManifest(
        Dictionary<string, PublishedFile> files,
        string patchset,
        string from,
        string name,
        string suffix
    )
    {
        var path = Path.Combine(from, name);
        var (size, sha256) = EntryOf(path);
        return files[RepositoryLayout.Manifest(patchset) + suffix] = new PublishedFile(path, size, sha256);
    }

    private static FileEntry EntryOf(string path)
    {
        using var file = File.OpenRead(path);
        return new FileEntry(file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    private sealed record HeldPatchset(string ArchivePath, FileEntry Archive, string Folder);
}
