using System.Runtime.InteropServices;

namespace EPortal.Cli;

/// <summary>What tells one file from another: its device and its number there (statx(2)).</summary>
internal static partial class FileIdentity
{
    private const int EmptyPath = 0x1000;
    private const uint WantNumber = 0x100;
    private const int StatusSize = 256;
    private const int NumberAt = 32;
    private const int DeviceAt = 136;

    /// <summary>Of an open file; null for a descriptor that is none.</summary>
    public static unsafe (ulong Device, ulong Number)? OfDescriptorOrNull(int descriptor)
    {
        var status = stackalloc byte[StatusSize];
        if (statx(descriptor, "", EmptyPath, WantNumber, status) != 0)
            return null;
        return (
            DeviceNumber(*(uint*)(status + DeviceAt), *(uint*)(status + DeviceAt + sizeof(uint))),
            *(ulong*)(status + NumberAt)
        );
    }

    /// <summary>A device's number as the C library makes it of two (makedev(3)).</summary>
    private static ulong DeviceNumber(ulong major, ulong minor) =>
        ((major & 0xFFFFF000) << 32) | ((major & 0xFFF) << 8) | ((minor & 0xFFFFFF00) << 12) | (minor & 0xFF);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* status);
}
