using System.Runtime.InteropServices;

namespace EPortal.Hosting;

/// <summary>A user of this machine.</summary>
internal sealed record UnixUser(string Name, uint Id, uint GroupId);

/// <summary>Calls of the C library about users and owners.</summary>
internal static partial class PrivilegesNative
{
    private const int CurrentFolder = -100;
    private const int WriteAndEnter = 2 | 1;
    private const uint WantOwner = 0x8 | 0x10;
    private const int StatusSize = 256;
    private const int StatusOwnerAt = 20;

    /// <summary>
    /// The C library answers getpwnam, getpwuid and getgrgid in one place for all threads: taken while it is read.
    /// </summary>
    private static readonly Lock s_entries = new();

    public static uint CurrentUser => geteuid();

    /// <summary>Looks a user up wherever this machine keeps its users.</summary>
    public static UnixUser? FindOrNull(string name)
    {
        lock (s_entries)
            return Read(getpwnam(name));
    }

    public static UnixUser? FindOrNull(uint id)
    {
        lock (s_entries)
            return Read(getpwuid(id));
    }

    /// <summary>Name of a group.</summary>
    public static string? GroupOrNull(uint id)
    {
        lock (s_entries)
            return getgrgid(id) is not 0 and var entry ? Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(entry)) : null;
    }

    /// <summary>Who owns a file or folder (statx, whose layout is the same on every processor).</summary>
    public static uint OwnerOf(string path) => OwnersOf(path).User;

    /// <summary>Whether a file's mode lets a user read it, by its owner or the user's own group.</summary>
    public static bool CanRead(string path, UnixUser user)
    {
        var (mode, owners) = (File.GetUnixFileMode(path), OwnersOf(path));
        var needed =
            owners.User == user.Id ? UnixFileMode.UserRead
            : owners.Group == user.GroupId ? UnixFileMode.GroupRead
            : UnixFileMode.OtherRead;
        return user.Id == 0 || mode.HasFlag(needed);
    }

    private static unsafe (uint User, uint Group) OwnersOf(string path)
    {
        var status = stackalloc byte[StatusSize];
        Check(statx(CurrentFolder, path, 0, WantOwner, status), path);
        return (*(uint*)(status + StatusOwnerAt), *(uint*)(status + StatusOwnerAt + sizeof(uint)));
    }

    /// <summary>Null when the folder can be written and entered, else the system's reason.</summary>
    public static string? WriteRefusalOrNull(string path) => access(path, WriteAndEnter) == 0 ? null : LastError();

    public static void Give(string path, UnixUser user) => Check(chown(path, user.Id, user.GroupId), path);

    public static void SetMask(int mask) => _ = umask(mask);

    /// <summary>Becomes the user for good, all threads at once: groups first, while that is still allowed.</summary>
    public static void Become(UnixUser user)
    {
        Check(initgroups(user.Name, user.GroupId), "initgroups");
        Check(setgid(user.GroupId), "setgid");
        Check(setuid(user.Id), "setuid");
    }

    /// <summary>Whether this process could still make itself root.</summary>
    public static bool CanReturnToRoot() => setuid(0) == 0 || setgid(0) == 0 && getegid() == 0 && geteuid() == 0;

    private static UnixUser? Read(nint entry)
    {
        if (entry == 0)
            return null;

        // struct passwd: name, password (pointers), uid, gid (32 bits), then what is of no interest here.
        var name = Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(entry))!;
        return new UnixUser(
            name,
            (uint)Marshal.ReadInt32(entry, 2 * nint.Size),
            (uint)Marshal.ReadInt32(entry, 2 * nint.Size + 4)
        );
    }

    private static void Check(int result, string what)
    {
        if (result != 0)
            throw new IOException($"{what}: {LastError()}");
    }

    private static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    [LibraryImport("libc")]
    private static partial nint getgrgid(uint id);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getegid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setuid(uint user);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setgid(uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int initgroups(string user, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc")]
    private static partial int umask(int mask);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint getpwnam(string name);

    [LibraryImport("libc")]
    private static partial nint getpwuid(uint id);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* status);
}
