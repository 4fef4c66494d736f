namespace EPortal.EndToEnd.Kernel;

/// <summary>A file that is in the guest's root file system from the start.</summary>
/// <param name="Path">Absolute path in the guest.</param>
/// <param name="Mode">Permission bits, such as 0755 in octal for a program.</param>
/// <param name="Content">The bytes.</param>
internal sealed record GuestFile(string Path, UnixFileMode Mode, byte[] Content)
{
    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Executable =
        Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static GuestFile Data(string path, string hostPath) => new(path, Readable, File.ReadAllBytes(hostPath));

    public static GuestFile Program(string path, string hostPath) => new(path, Executable, File.ReadAllBytes(hostPath));
}
