namespace EPortal.Blobs;

/// <summary>
/// A folder in which a patchset is built up. Its owner holds a lock on it, so that what a killed process left is told
/// from what another process is at, and swept away.
/// </summary>
internal sealed class StagingFolder : IDisposable
{
    private const string LockSuffix = ".lock";

    private readonly FileLock _lock;

    /// <summary>Makes a folder of a new name below <paramref name="parent"/>.</summary>
    public StagingFolder(string parent)
    {
        Path = System.IO.Path.Combine(parent, Guid.NewGuid().ToString("N"));
        _lock = FileLock.Acquire(Path + LockSuffix);
        Directory.CreateDirectory(Unpacked);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Where the archive is kept.</summary>
    public string Archive => System.IO.Path.Combine(Path, "archive");

    /// <summary>Where it is unpacked.</summary>
    public string Unpacked => System.IO.Path.Combine(Path, "unpacked");

    /// <summary>Deletes what processes that no longer run have left below <paramref name="parent"/>.</summary>
    public static void SweepAbandoned(string parent)
    {
        // A process killed at its first or last step leaves a lock without a folder, so both are looked for.
        var folders = Directory
            .GetFileSystemEntries(parent)
            .Select(path => path.EndsWith(LockSuffix, StringComparison.Ordinal) ? path[..^LockSuffix.Length] : path)
            .Distinct(StringComparer.Ordinal);
        foreach (var folder in folders)
        {
            using var abandoned = FileLock.TryAcquire(folder + LockSuffix);
            if (abandoned is null)
                continue;
            Remove(folder);
        }
    }

    /// <summary>Deletes what is left of it.</summary>
    public void Dispose()
    {
        Remove(Path);
        _lock.Dispose();
    }

    /// <summary>
    /// The caller holds the lock. The folder may have gone since it was seen: then its owner has cleaned up.
    /// </summary>
    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        File.Delete(folder + LockSuffix);
    }
}
