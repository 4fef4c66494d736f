namespace EPortal.Blobs;

/// <summary>
/// A folder in which a patchset is built up. Its owner holds a lock on it, so that what a killed process left is told from
/// what another process is at, and swept away.
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
        foreach (var folder in Directory.EnumerateDirectories(parent))
        {
            using var abandoned = FileLock.TryAcquire(folder + LockSuffix);
            if (abandoned is null)
                continue;
            Directory.Delete(folder, recursive: true);
            File.Delete(folder + LockSuffix);
        }
    }

    /// <summary>Deletes what is left of it.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        File.Delete(Path + LockSuffix);
        _lock.Dispose();
    }
}
