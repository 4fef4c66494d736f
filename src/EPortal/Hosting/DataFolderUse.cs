using EPortal.Backup;
using EPortal.Blobs;

namespace EPortal.Hosting;

/// <summary>
/// Who uses a data folder: servers and commands share it, a restore has it alone. The kernel ends the use with the
/// process.
/// </summary>
internal sealed class DataFolderUse : IDisposable
{
    private readonly FileLock _lock;

    private DataFolderUse(FileLock taken) => _lock = taken;

    /// <summary>Uses it together with others.</summary>
    /// <exception cref="StartException">It is being restored.</exception>
    public static DataFolderUse Share(string folder)
    {
        if (FileLock.TryShare(LockOf(folder)) is not { } shared)
            throw Busy(folder);
        if (!RestoreJournal.IsDecided(folder))
            return new DataFolderUse(shared);
        // A restore was begun and killed since the folder was opened.
        shared.Dispose();
        throw Busy(folder);
    }

    /// <summary>Uses it alone.</summary>
    /// <exception cref="StartException">Somebody else uses it.</exception>
    public static DataFolderUse Alone(string folder) =>
        FileLock.TryAcquire(LockOf(folder)) is { } alone
            ? new DataFolderUse(alone)
            : throw new StartException(
                $"data folder {folder} is in use by a running portal or command; stop the portal first: systemctl stop eportal"
            );

    /// <summary>Whether a portal has or had its data there.</summary>
    public static bool IsDataFolder(string folder) => File.Exists(LockOf(folder));

    /// <summary>
    /// Whether somebody uses the data folder that lies there; a folder of which nobody can tell is not.
    /// </summary>
    public static bool IsInUse(string folder)
    {
        if (!File.Exists(LockOf(folder)))
            return false;
        using var alone = FileLock.TryAcquire(LockOf(folder));
        return alone is null;
    }

    /// <summary>
    /// Finishes a restore that was cut short after it was decided, and deletes what one that was not has left.
    /// </summary>
    /// <exception cref="IOException">It cannot be finished.</exception>
    /// <param name="folder">The data folder.</param>
    /// <param name="patches">Folder of the patches, where archives were staged.</param>
    public static void FinishRestore(string folder, string? patches)
    {
        var staged = patches is null ? null : Path.Combine(patches, RestoreJournal.Folder);
        if (!Directory.Exists(Path.Combine(folder, RestoreJournal.Folder)) && !Directory.Exists(staged))
            return;
        // While it is at work itself it has the lock.
        using var alone = RestoreJournal.IsDecided(folder)
            ? FileLock.Acquire(LockOf(folder))
            : FileLock.TryAcquire(LockOf(folder));
        if (alone is null)
            return;
        RestoreJournal.Finish(folder);
        if (Directory.Exists(staged))
            Directory.Delete(staged, recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static string LockOf(string folder) => Path.Combine(folder, ".in-use");

    private static StartException Busy(string folder) =>
        new($"data folder {folder} is being restored; try again when that has finished");
}
