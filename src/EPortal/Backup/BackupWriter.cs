using System.Formats.Tar;
using System.Security.Cryptography;
using EPortal.Blobs;
using EPortal.Data;

namespace EPortal.Backup;

/// <summary>Small files that go into a backup, by their name there; what is not there is left out.</summary>
/// <param name="Name">One of <see cref="BackupNames"/>.</param>
/// <param name="Content">All of it.</param>
internal sealed record BackupFile(string Name, byte[] Content);

/// <summary>
/// Makes a backup while the portal works: the database is copied first, as of one moment, then hashed with everything
/// else, then written with the manifest in front. A plain tar, which other programs can unpack.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="data">The data folder; until it is written the copy lies there, as large as the database.</param>
/// <param name="patches">Folder of the patches.</param>
/// <param name="time">The clock.</param>
internal sealed class BackupWriter(Database database, string data, string patches, TimeProvider time)
{
    /// <summary>Writes it.</summary>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="files">Small files that belong to it.</param>
    /// <param name="withPatches">Whether the archives of patchsets and imported agent packages come too.</param>
    /// <param name="begin">Told how many bytes there are to write; gives whom to tell how many were.</param>
    /// <param name="cancel">Stops it; what was written is then no backup.</param>
    /// <exception cref="BackupException">Something in it is too large, or changed meanwhile.</exception>
    /// <exception cref="StoreException">The database cannot be copied.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task<BackupManifest> Write(
        Stream output,
        IReadOnlyList<BackupFile> files,
        bool withPatches,
        Func<long, IProgress<long>> begin,
        CancellationToken cancel
    )
    {
        var workFolder = Path.Combine(data, "cache", "backup");
        Directory.CreateDirectory(workFolder);
        StagingFolder.SweepAbandoned(workFolder);
        using var work = new StagingFolder(workFolder);
        var copy = Path.Combine(work.Path, BackupNames.Database);
        var created = time.GetUtcNow();
        await Task.Run(() => database.CopyTo(copy, cancel), cancel);
        var sources = new List<(BackupPart Part, Func<Stream> Open)>
        {
            await Hashed(BackupNames.Database, () => File.OpenRead(copy), cancel),
        };
        foreach (var file in files)
            sources.Add(await Hashed(file.Name, () => new MemoryStream(file.Content, writable: false), cancel));
        foreach (var (name, path) in withPatches ? Large() : [])
            sources.Add(await Hashed(name, () => File.OpenRead(path), cancel));
        var manifest = new BackupManifest(
            BackupManifest.CurrentFormat,
            created,
            typeof(BackupWriter).Assembly.GetName().Version!.ToString(3),
            [.. sources.Select(source => source.Part)]
        );
        await Write(output, manifest, sources, begin(manifest.Parts.Sum(part => part.Size)), cancel);
        return manifest;
    }

    private IEnumerable<(string Name, string Path)> Large() =>
        BackupNames
            .LargeFiles(patches, BackupNames.Archives)
            .Concat(BackupNames.LargeFiles(data, BackupNames.AgentPackages))
            .Select(file => (file.Name, file.File.FullName));

    private static async Task<(BackupPart Part, Func<Stream> Open)> Hashed(
        string name,
        Func<Stream> open,
        CancellationToken cancel
    )
    {
        await using var content = open();
        if (content.Length > BackupNames.MaxBytesOf(name))
            throw new BackupException(
                $"{name} is larger than a backup in one file can hold ({BackupNames.MaxBytesOf(name)} bytes)"
                    + (name == BackupNames.Database ? "; use `kc.eportal backup-db`" : "")
            );
        var hash = await SHA256.HashDataAsync(content, cancel);
        return (new BackupPart(name, content.Length, Convert.ToHexStringLower(hash)), open);
    }

    private static async Task Write(
        Stream output,
        BackupManifest manifest,
        IReadOnlyList<(BackupPart Part, Func<Stream> Open)> sources,
        IProgress<long> progress,
        CancellationToken cancel
    )
    {
        var written = 0L;
        await using var tar = new TarWriter(output, TarEntryFormat.Ustar, leaveOpen: true);
        using (var json = new MemoryStream(manifest.ToJson()))
            await tar.WriteEntryAsync(Entry(manifest, BackupNames.Manifest, json), cancel);
        foreach (var (part, open) in sources)
        {
            await using var content = open();
            using var hash = SHA256.Create();
            await using (var hashed = new HashedStream(content, hash, part.Size))
                await tar.WriteEntryAsync(Entry(manifest, part.Name, hashed), cancel);
            if (hash.Hash is not { } found || Convert.ToHexStringLower(found) != part.Sha256)
                throw new BackupException($"{part.Name} changed while the backup was made; make it again");
            progress.Report(written += part.Size);
        }
    }

    private static UstarTarEntry Entry(BackupManifest manifest, string name, Stream content) =>
        new(TarEntryType.RegularFile, name)
        {
            DataStream = content,
            ModificationTime = manifest.Created,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
}
