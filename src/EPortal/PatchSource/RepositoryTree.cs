using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>
/// A repository as a tree of files for any web server. Files are in place before the index names them, and the index is
/// replaced last, so a client sees the old repository or the new one.
/// </summary>
internal sealed class RepositoryTree(string root, MinisignSecretKey? key, PatchsetLimits limits, TimeProvider time)
{
    private const UnixFileMode FileMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode FolderMode =
        FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The index that is there; null for a new repository.</summary>
    /// <exception cref="PatchsetException">It is not an index.</exception>
    public RepositoryIndex? IndexOrNull() =>
        File.Exists(PathOf(RepositoryLayout.Index))
            ? RepositoryIndex.Parse(File.ReadAllBytes(PathOf(RepositoryLayout.Index)))
            : null;

    /// <summary>Puts the files of a patchset in place, to be listed by <see cref="Publish"/>.</summary>
    /// <exception cref="PatchsetException">The archive is bad.</exception>
    /// <exception cref="RefusedException">A file of it is there already with other content.</exception>
    public async Task<RepositoryEntry> Add(
        string archive,
        IReadOnlyDictionary<string, RepositoryEntry> listed,
        CancellationToken cancel
    )
    {
        var staging = Directory.CreateDirectory(PathOf($".staging-{Guid.NewGuid():N}")).FullName;
        try
        {
            var kept = await Keep(archive, staging, cancel);
            var unpacked = Path.Combine(staging, "unpacked");
            Directory.CreateDirectory(unpacked);
            StagedPatchset staged;
            await using (var file = File.OpenRead(kept))
                staged = await PatchsetArchive.UnpackAsync(
                    file,
                    unpacked,
                    TrustedKeys.None,
                    limits,
                    time.GetUtcNow(),
                    cancel
                );
            var name = staged.Manifest.Name;
            var entry = EntryOf(
                staged,
                kept,
                RepositoryLayout.Archive(name, Path.GetFileName(kept)["archive".Length..])
            );
            if (listed.TryGetValue(name, out var known) && known.ManifestSha256 != entry.ManifestSha256)
                throw new RefusedException(
                    Refusal.Exists,
                    $"patchset '{name}' already exists with different content in the repository"
                );
            foreach (var target in staged.Manifest.Targets)
                PlacePatch(unpacked, name, target);
            Write(RepositoryLayout.Manifest(name), staged.ManifestJson);
            if (staged.ManifestSignature is { } signature)
                Write(
                    RepositoryLayout.Manifest(name) + RepositoryLayout.SignatureSuffix,
                    Encoding.UTF8.GetBytes(signature)
                );
            Place(kept, entry.Archive);
            return entry;
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>Replaces the index by one of the next version.</summary>
    /// <exception cref="IOException">The disk failed or is full; the old index stays.</exception>
    public RepositoryIndex Publish(IEnumerable<RepositoryEntry> entries, TimeSpan validity)
    {
        var now = time.GetUtcNow();
        var index = new RepositoryIndex
        {
            Version = (IndexOrNull()?.Version ?? 0) + 1,
            Generated = now,
            Expires = now + validity,
            Patchsets = [.. entries],
        };
        var json = index.ToJson();
        DurableFile.SyncFileSystem(root);
        // Written under another name first: between the new signature and the new index there is only a rename.
        var next = PathOf($".{RepositoryLayout.Index}.next");
        try
        {
            DurableFile.Write(next, json, FileMode);
            WriteSignature(json, index);
            File.Move(next, PathOf(RepositoryLayout.Index), overwrite: true);
            DurableFile.SyncFolder(root);
        }
        finally
        {
            File.Delete(next);
        }

        return index;
    }

    private void WriteSignature(byte[] json, RepositoryIndex index)
    {
        const string Name = RepositoryLayout.Index + RepositoryLayout.SignatureSuffix;
        if (key is null)
            File.Delete(PathOf(Name));
        else
            Write(Name, Encoding.UTF8.GetBytes(Sign(key, json, index)));
    }

    /// <summary>The signature of an index.</summary>
    public static string Sign(MinisignSecretKey key, byte[] json, RepositoryIndex index) =>
        key.Sign(
            json,
            string.Create(CultureInfo.InvariantCulture, $"{RepositoryLayout.Index} version {index.Version}"),
            PatchsetBuilder.SignatureComment
        );

    /// <summary>
    /// An archive as it will lie in the tree: as it came or, where it is unsigned and there is a key, signed.
    /// </summary>
    private async Task<string> Keep(string archive, string staging, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        StagedPatchset staged;
        string kept;
        await using (var file = ArchiveFile.Open(archive))
        {
            kept = Path.Combine(staging, "archive" + ArchiveFile.EndingOf(PatchsetArchive.Recognise(file)));
            staged = await PatchsetArchive.VerifyAsync(file, TrustedKeys.None, limits, now, cancel);
        }

        if (staged.ManifestSignature is null && key is not null)
            await ArchiveSigner.SignAsync(archive, kept, key, limits, now, cancel);
        else
            File.Copy(archive, kept);
        return kept;
    }

    private static RepositoryEntry EntryOf(StagedPatchset staged, string file, string path)
    {
        using var content = File.OpenRead(file);
        var manifest = staged.Manifest;
        return new RepositoryEntry
        {
            Product = manifest.Product,
            Name = manifest.Name,
            Released = manifest.Released,
            Channel = manifest.Channel,
            Distros = manifest.Distros,
            Archive = path,
            Size = content.Length,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)),
            ManifestSha256 = Convert.ToHexStringLower(SHA256.HashData(staged.ManifestJson)),
        };
    }

    private void PlacePatch(string unpacked, string patchset, ManifestTarget target)
    {
        var folder = Path.Combine(unpacked, target.Id, target.Level.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, entry) in target.Files)
        {
            var path = RepositoryLayout.Patch(target.Id, target.Level, name);
            var isDescription = name is PatchDescription.FileName or PatchDescription.SignatureFileName;
            if (isDescription)
                Write(
                    RepositoryLayout.Description(patchset, target.Id, target.Level, name),
                    File.ReadAllBytes(Path.Combine(folder, name))
                );
            else if (File.Exists(PathOf(path)) && !FileContent.Is(PathOf(path), entry))
                throw new RefusedException(
                    Refusal.Conflict,
                    $"level {target.Level} of target {target.Id} already exists with different content in the repository"
                );
            Place(Path.Combine(folder, name), path);
        }
    }

    private void Place(string file, string path)
    {
        MakeFolderOf(path);
        File.SetUnixFileMode(file, FileMode);
        File.Move(file, PathOf(path), overwrite: true);
    }

    private void Write(string path, byte[] content)
    {
        MakeFolderOf(path);
        DurableFile.Write(PathOf(path), content, FileMode);
    }

    /// <summary>For a web server to read, whatever the umask says.</summary>
    private void MakeFolderOf(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        for (var part = folder; part.Length > 0; part = Path.GetDirectoryName(part)!)
        {
            if (!Directory.Exists(PathOf(part)))
                Directory.CreateDirectory(PathOf(part));
        }

        for (var part = folder; part.Length > 0; part = Path.GetDirectoryName(part)!)
            File.SetUnixFileMode(PathOf(part), FolderMode);
    }

    private string PathOf(string path) => Path.Combine(root, path);
}
