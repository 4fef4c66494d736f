using Microsoft.Win32.SafeHandles;

namespace EPortal.Blobs;

/// <summary>
/// A lock between processes and threads that the kernel releases when its holder ends, however it ends. The lock's
/// file may be deleted by its holder.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromMilliseconds(200);

    private readonly SafeFileHandle _handle;

    private FileLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>Waits until the lock is free and takes it.</summary>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public static FileLock Acquire(string path) => Take(path, wait: true)!;

    /// <summary>Takes the lock, or answers null when somebody has it.</summary>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public static FileLock? TryAcquire(string path) => Take(path, wait: false);

    /// <summary>Takes the lock together with others who share it; null when somebody has it alone.</summary>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public static FileLock? TryShare(string path) => Take(path, wait: false, shared: true);

    /// <summary>
    /// Waits until the lock is free and takes it, without holding a thread; <paramref name="waiting"/> is called once
    /// when somebody else has it.
    /// </summary>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public static async Task<FileLock> AcquireAsync(string path, Action waiting, CancellationToken cancel)
    {
        if (TryAcquire(path) is { } free)
            return free;
        waiting();
        while (true)
        {
            await Task.Delay(s_lookAgain, cancel);
            if (TryAcquire(path) is { } taken)
                return taken;
        }
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose()
    {
        if (_handle.IsClosed)
            return;
        NativeFile.Unlock(_handle);
        _handle.Dispose();
    }

    private static FileLock? Take(string path, bool wait, bool shared = false)
    {
        while (true)
        {
            var handle = NativeFile.OpenForLock(path);
            try
            {
                if (!NativeFile.Lock(handle, path, wait, shared))
                {
                    handle.Dispose();
                    return null;
                }
            }
            catch
            {
                handle.Dispose();
                throw;
            }

            if (!IsDeleted(handle))
                return new FileLock(handle);

            // Its last holder deleted it between our open and our lock: the name now means another file.
            handle.Dispose();
        }
    }

    private static bool IsDeleted(SafeFileHandle handle) =>
        new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget?.EndsWith(
            " (deleted)",
            StringComparison.Ordinal
        ) == true;
}
