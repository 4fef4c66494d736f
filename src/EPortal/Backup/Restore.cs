using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Backup;

/// <summary>Which parts are restored.</summary>
/// <param name="Database">The database.</param>
/// <param name="Config">Settings file, runtime settings and keys that sign.</param>
/// <param name="InstanceId">The installation's id.</param>
/// <param name="Data">Archives of patchsets and imported agent packages.</param>
internal sealed record RestoreChoice(bool Database, bool Config, bool InstanceId, bool Data)
{
    /// <summary>All that the backup holds.</summary>
    public static readonly RestoreChoice Full = new(true, true, true, true);

    /// <summary>Whether a file of a backup is among them.</summary>
    public bool Has(string name) =>
        name switch
        {
            BackupNames.Database => Database,
            BackupNames.InstanceId => InstanceId,
            BackupNames.Settings => Config,
            _ when BackupNames.Small.Contains(name) => Config,
            _ => Data,
        };
}

/// <summary>Where restored files go.</summary>
/// <param name="Data">The data folder; the caller has it alone.</param>
/// <param name="Patches">Folder of the patches.</param>
/// <param name="SettingsFile">The settings file; null where this process must not replace it.</param>
internal sealed record RestorePlaces(string Data, string Patches, string? SettingsFile)
{
    /// <summary>Where the settings file of a backup goes that this process must not put in place.</summary>
    public string SettingsAside => Path.Combine(Data, "config", "settings.restored");

    /// <summary>Where a file of a backup belongs.</summary>
    public string Of(string name) =>
        name == BackupNames.Settings ? SettingsFile ?? SettingsAside
        : BackupNames.IsArchive(name) ? Path.Combine(Patches, name)
        : Path.Combine(Data, name);
}

/// <summary>What a restore did.</summary>
/// <param name="Files">Files that were restored, by their name in the backup.</param>
/// <param name="Kept">Folder in which the former ones are kept.</param>
internal sealed record Restored(IReadOnlyList<string> Files, string Kept);

/// <summary>
/// Restores a backup: everything is unpacked and checked beside what is there, which stays as it is until all is well;
/// then all changes place at once (<see cref="RestoreJournal"/>).
/// </summary>
internal sealed class Restore : IDisposable
{
    /// <summary>How the file begins (RFC 4880, 6.2).</summary>
    private const string PrivateKey = "-----BEGIN PGP PRIVATE KEY BLOCK-----";

    private readonly RestorePlaces _places;
    private readonly string _kept;
    private readonly string _staged;
    private readonly string _stagedPatches;
    private readonly Action<string>? _checkSettings;
    private readonly List<string> _names = [];

    /// <summary>Begins one; what a former one left is finished or deleted first.</summary>
    /// <param name="places">Where files go.</param>
    /// <param name="now">The time, for the name of the folder in which the former files are kept.</param>
    /// <param name="checkSettings">Looks at the settings file of the backup before anything is replaced.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    public Restore(RestorePlaces places, DateTimeOffset now, Action<string>? checkSettings = null)
    {
        (_places, _kept, _checkSettings) = (places, FreeName(places.Data, now), checkSettings);
        RestoreJournal.Finish(places.Data);
        _staged = Path.Combine(places.Data, RestoreJournal.Folder, "new");
        // Renames stay on one file system.
        _stagedPatches =
            places.Patches == places.Data ? _staged : Path.Combine(places.Patches, RestoreJournal.Folder, "new");
        RemoveStaged();
        foreach (var folder in new[] { _staged, _stagedPatches }.Distinct())
            Directory.CreateDirectory(
                folder,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
    }

    /// <summary>Deletes what is staged, unless the restore is decided and still to be finished.</summary>
    public void Dispose()
    {
        if (!RestoreJournal.IsDecided(_places.Data))
            RemoveStaged();
    }

    /// <summary>Restores from a backup.</summary>
    /// <exception cref="BackupException">It is damaged, or has nothing of what was chosen.</exception>
    /// <exception cref="PatchsetException">It is no plain tar, or cut short.</exception>
    /// <exception cref="StoreException">Its database cannot be used here.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task<Restored> FromBackup(
        BackupReader backup,
        RestoreChoice choice,
        IProgress<long> progress,
        CancellationToken cancel
    )
    {
        var wanted = backup.Manifest.Parts.Where(part => choice.Has(part.Name)).ToList();
        if (wanted.Count == 0)
            throw new BackupException(
                choice.Data
                    ? "the backup has nothing of that; archives are in backups made with --with-patches"
                    : "the backup has nothing of that"
            );
        RequireRoom(wanted.Where(part => !HasSize(part)).Select(part => (part.Name, part.Size)));
        await backup.Read(part => choice.Has(part.Name) && !IsHere(part) ? Stage(part.Name) : null, progress, cancel);
        return Finish();
    }

    /// <summary>Restores the database from a file or folder that <c>backup-db</c> or an upgrade made.</summary>
    /// <inheritdoc cref="FromBackup"/>
    public async Task<Restored> FromDatabase(Stream database, CancellationToken cancel)
    {
        RequireRoom([(BackupNames.Database, database.CanSeek ? database.Length : 0)]);
        await Stage(BackupNames.Database, database, cancel);
        return Finish();
    }

    /// <summary>Restores what there is in the data folder of another portal, which is stopped.</summary>
    /// <inheritdoc cref="FromBackup"/>
    public async Task<Restored> FromFolder(string folder, CancellationToken cancel)
    {
        var files = Files(folder).ToList();
        RequireRoom(files.Select(file => (Path.GetRelativePath(folder, file.FullName), file.Length)));
        foreach (var file in files)
        {
            await using var content = new FileStream(NativeFile.OpenRegular(file.FullName), FileAccess.Read);
            await Stage(Path.GetRelativePath(folder, file.FullName), content, cancel);
        }

        return Finish();
    }

    private static string FreeName(string folder, DateTimeOffset now)
    {
        var name = $"before-restore-{now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
        return Enumerable
            .Range(1, int.MaxValue)
            .Select(n => n == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{n}"))
            .First(free => !Path.Exists(Path.Combine(folder, free)));
    }

    private static IEnumerable<FileInfo> Files(string folder)
    {
        string[] names = [BackupNames.Database, BackupNames.Database + "-wal", .. BackupNames.Small];
        return names
            .Select(name => new FileInfo(Path.Combine(folder, name)))
            .Where(file => file.Exists)
            .Concat(BackupNames.LargeFiles(folder, BackupNames.Archives).Select(file => file.File))
            .Concat(BackupNames.LargeFiles(folder, BackupNames.AgentPackages).Select(file => file.File));
    }

    private bool IsHere(BackupPart part) =>
        BackupNames.IsLarge(part.Name) && FileContent.Is(_places.Of(part.Name), new FileEntry(part.Size, part.Sha256));

    private string Stage(string name)
    {
        if (BackupNames.IsKnown(name))
            _names.Add(name);
        if (name == BackupNames.Settings && _places.SettingsFile is not null)
            RestoreJournal.NoteOutside(_places.Data, StagedPath(name));
        return StagedPath(name);
    }

    private async Task Stage(string name, Stream content, CancellationToken cancel)
    {
        var path = Stage(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        await content.CopyToAsync(file, cancel);
        file.Flush(flushToDisk: true);
    }

    private string StagedPath(string name) =>
        name == BackupNames.Settings && _places.SettingsFile is { } settings
            ? Path.Combine(
                Path.GetDirectoryName(settings)!,
                $".{Path.GetFileName(settings)}{RestoreJournal.OutsideEnding}"
            )
            : Path.Combine(BackupNames.IsArchive(name) ? _stagedPatches : _staged, name);

    private Restored Finish()
    {
        Verify();
        var moves = _names.SelectMany(Moves).ToList();
        foreach (var folder in new[] { _staged, _stagedPatches }.Distinct())
            DurableFile.SyncFileSystem(folder);
        new RestoreJournal(
            moves,
            _names.Contains(BackupNames.RuntimeSettings) && !_names.Contains(BackupNames.Database)
        ).Carry(_places.Data);
        return new Restored(_names, Path.Combine(_places.Data, _kept));
    }

    private IEnumerable<RestoreMove> Moves(string name)
    {
        var final = _places.Of(name);
        if (name == BackupNames.Database)
        {
            // The log belongs to the database that goes: SQLite would write it into the one that comes.
            foreach (var part in (string[])["-wal", "-shm"])
                yield return new RestoreMove(null, final + part, Kept(name + part));
            var water = Path.Combine(_staged, HighWater.FileName);
            DurableFile.Write(water, HighWater.OfNobody());
            yield return new RestoreMove(
                water,
                Path.Combine(_places.Data, HighWater.FileName),
                Kept(HighWater.FileName)
            );
        }

        var kept =
            name == BackupNames.Settings && _places.SettingsFile is { } settings
                ? Path.Combine(Path.GetDirectoryName(settings)!, $"{Path.GetFileName(settings)}.{_kept}")
                : Kept(name);
        if (File.Exists(final) && name == BackupNames.Settings)
            File.SetUnixFileMode(StagedPath(name), File.GetUnixFileMode(final));
        yield return new RestoreMove(StagedPath(name), final, kept);
    }

    private string Kept(string name) =>
        Path.Combine(BackupNames.IsArchive(name) ? _places.Patches : _places.Data, _kept, name);

    private void Verify()
    {
        var id = InstanceId();
        if (_names.Contains(BackupNames.Database))
            Database.VerifyCopy(StagedPath(BackupNames.Database), id);
        else if (_names.Contains(BackupNames.InstanceId) && Database.IsIn(_places.Data))
            Database.RequireOwner(Path.Combine(_places.Data, BackupNames.Database), id);
        if (_names.Contains(BackupNames.Settings))
            _checkSettings?.Invoke(StagedPath(BackupNames.Settings));
        if (_names.Contains(BackupNames.SigningKey))
            MinisignSecretKey.Parse(File.ReadAllText(StagedPath(BackupNames.SigningKey)), null);
        if (
            _names.Contains(BackupNames.RepositoryKey)
            && !File.ReadAllText(StagedPath(BackupNames.RepositoryKey)).StartsWith(PrivateKey, StringComparison.Ordinal)
        )
            throw new BackupException($"{BackupNames.RepositoryKey} in the backup is not an OpenPGP private key");
        if (_names.Contains(BackupNames.RuntimeSettings) && !IsJsonObject(StagedPath(BackupNames.RuntimeSettings)))
            throw new BackupException($"{BackupNames.RuntimeSettings} in the backup is not a JSON object");
    }

    /// <summary>The id that the data folder will have.</summary>
    private string InstanceId()
    {
        var path = _names.Contains(BackupNames.InstanceId)
            ? StagedPath(BackupNames.InstanceId)
            : Path.Combine(_places.Data, BackupNames.InstanceId);
        if (!File.Exists(path))
            throw new BackupException(
                $"{Path.Combine(_places.Data, BackupNames.InstanceId)} is missing: restore it too, with --instance-id or --full"
            );
        return EPortal.Data.InstanceId.ParseOrNull(File.ReadAllText(path, Encoding.UTF8))
            ?? throw new BackupException(
                $"{BackupNames.InstanceId} is damaged: it must hold one line of letters, digits and dashes"
            );
    }

    private static bool IsJsonObject(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void RemoveStaged()
    {
        foreach (var root in new[] { _places.Data, _places.Patches }.Distinct())
        {
            if (Directory.Exists(Path.Combine(root, RestoreJournal.Folder)))
                Directory.Delete(Path.Combine(root, RestoreJournal.Folder), recursive: true);
        }

        if (_places.SettingsFile is not null)
            File.Delete(StagedPath(BackupNames.Settings));
    }

    /// <summary>On each disk for what goes there; both folders may lie on one.</summary>
    private void RequireRoom(IEnumerable<(string Name, long Size)> files)
    {
        var disks = files
            .GroupBy(file => BackupNames.IsArchive(file.Name) ? _places.Patches : _places.Data)
            .Select(folder => (Folder: folder.Key, Bytes: folder.Sum(file => file.Size)))
            .GroupBy(folder => NativeFile.DeviceOf(folder.Folder));
        foreach (var disk in disks)
        {
            var (folder, bytes) = (disk.First().Folder, disk.Sum(one => one.Bytes));
            var free = new DriveInfo(folder).AvailableFreeSpace;
            if (bytes > free)
                throw new BackupException(
                    $"not enough room to restore: {bytes >> 20} MiB needed, {free >> 20} MiB free in {folder}"
                );
        }
    }

    /// <summary>
    /// Whether a large file of that size is here: most likely the same, which is checked before it is left.
    /// </summary>
    private bool HasSize(BackupPart part) =>
        BackupNames.IsLarge(part.Name)
        && new FileInfo(_places.Of(part.Name)) is { Exists: true } here
        && here.Length == part.Size;
}
