using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EPortal.Blobs;

/// <summary>File calls of the C library that .NET does not offer.</summary>
internal static partial class NativeFile
{
    private const int NonBlocking = 0x800;
    private const int ByDescriptor = 0x1000;
    private const uint StatType = 0x1;
    private const int FileTypes = 0xF000;
    private const int RegularType = 0x8000;
    private const int Create = 0x40;
    private const int ReadWrite = 0x2;
    private const int CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180;
    private const int LockShared = 1;
    private const int LockExclusive = 2;
    private const int LockNoWait = 4;
    private const int LockRelease = 8;
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int AlreadyExists = 17;
    private const int NoEntry = 2;
    private const int NotAFolder = 20;
    private const int CurrentFolder = -100;
    private const uint StatBasic = 0x7ff;

    /// <summary>Opens a folder or file for flushing.</summary>
    public static SafeFileHandle OpenForSync(string path) => Opened(open(path, CloseOnExec, 0), path);

    /// <summary>Opens or makes a file of mode 0600 for locking. Children never inherit it.</summary>
    public static SafeFileHandle OpenForLock(string path) =>
        Opened(open(path, Create | ReadWrite | CloseOnExec, OwnerOnly), path);

    /// <summary>
    /// Opens for reading what must be a regular file; a FIFO does not keep it waiting for somebody who writes.
    /// </summary>
    /// <exception cref="IOException">It is none, or cannot be opened.</exception>
    public static SafeFileHandle OpenRegular(string path)
    {
        var handle = Opened(open(path, NonBlocking | CloseOnExec, 0), path);
        Span<byte> status = stackalloc byte[256];
        if (
            statx((int)handle.DangerousGetHandle(), "", ByDescriptor, StatType, ref MemoryMarshal.GetReference(status))
                == 0
            && (MemoryMarshal.Read<ushort>(status[28..]) & FileTypes) == RegularType
        )
        {
            return handle;
        }

        handle.Dispose();
        throw new IOException($"{path} is not a regular file");
    }

    /// <summary>
    /// Makes sure that what is there is a regular file, for reading anything else may never end or never begin. What is
    /// not there passes.
    /// </summary>
    /// <exception cref="IOException">It is none.</exception>
    public static void RequireRegular(string path)
    {
        Span<byte> status = stackalloc byte[256];
        if (
            statx(CurrentFolder, path, 0, StatType, ref MemoryMarshal.GetReference(status)) == 0
            && (MemoryMarshal.Read<ushort>(status[28..]) & FileTypes) != RegularType
        )
            throw new IOException($"{path} is not a regular file");
    }

    /// <summary>Flushes what is open (fsync).</summary>
    public static void Sync(SafeFileHandle handle, string path) => Check(fsync(handle), path);

    /// <summary>Flushes the whole file system that it lies on (syncfs).</summary>
    public static void SyncFileSystem(SafeFileHandle handle, string path) => Check(syncfs(handle), path);

    /// <summary>
    /// Locks the open file (flock), alone or together with others who share it; false when somebody else has it and
    /// waiting was not asked for.
    /// </summary>
    public static bool Lock(SafeFileHandle handle, string path, bool wait, bool shared = false)
    {
        while (flock(handle, (shared ? LockShared : LockExclusive) | (wait ? 0 : LockNoWait)) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == TryAgain)
                return false;
            if (error != Interrupted)
                throw Failure(error, path, "lock");
        }

        return true;
    }

    /// <summary>
    /// Releases the lock also where a child process that is just being started has the open file too: closing it here
    /// would leave the lock to the child until that runs its program.
    /// </summary>
    public static void Unlock(SafeFileHandle handle) => _ = flock(handle, LockRelease);

    /// <summary>What changes whenever somebody writes to a file; null when there is none.</summary>
    public static FileStamp? StampOrNull(string path)
    {
        // struct statx of Linux, the same on every machine.
        Span<byte> status = stackalloc byte[256];
        if (statx(CurrentFolder, path, 0, StatBasic, ref MemoryMarshal.GetReference(status)) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is NoEntry or NotAFolder ? null : throw Failure(error, path, "read");
        }

        return new FileStamp(
            MemoryMarshal.Read<ulong>(status[32..]),
            MemoryMarshal.Read<long>(status[40..]),
            MemoryMarshal.Read<long>(status[96..]),
            MemoryMarshal.Read<uint>(status[104..])
        );
    }

    /// <summary>Number of the device of the file system that a file or folder lies on.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static ulong DeviceOf(string path)
    {
        Span<byte> status = stackalloc byte[256];
        return statx(CurrentFolder, path, 0, StatBasic, ref MemoryMarshal.GetReference(status)) == 0
            ? MemoryMarshal.Read<ulong>(status[136..])
            : throw Failure(Marshal.GetLastPInvokeError(), path, "read");
    }

    /// <summary>Gives a file a second name; false when that name is taken.</summary>
    public static bool Link(string path, string newPath)
    {
        if (link(path, newPath) == 0)
            return true;
        var error = Marshal.GetLastPInvokeError();
        return error == AlreadyExists ? false : throw Failure(error, newPath, "write");
    }

    private static SafeFileHandle Opened(int descriptor, string path) =>
        descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw Failure(Marshal.GetLastPInvokeError(), path, "open");

    private static void Check(int result, string path)
    {
        if (result != 0)
            throw Failure(Marshal.GetLastPInvokeError(), path, "flush");
    }

    private static IOException Failure(int error, string path, string what) =>
        new($"cannot {what} {path}: {Marshal.GetPInvokeErrorMessage(error)}", error);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(SafeFileHandle descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle descriptor, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string path, string newPath);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, ref byte status);
}

/// <summary>
/// Identity and last change of a file, as the kernel keeps them: no program can set the time of change.
/// </summary>
internal readonly record struct FileStamp(ulong Inode, long Size, long ChangedSeconds, uint ChangedNanoseconds);
