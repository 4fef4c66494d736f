using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kcarectl.Kernel;

/// <summary>Calls that .NET has no method for. Results below zero carry the error number.</summary>
internal static partial class NativeMethods
{
    public const int NoEntry = 2;
    public const int TryAgain = 11;
    public const int Busy = 16;
    public const int NoDevice = 19;

    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    private static readonly (nint FinitModule, nint DeleteModule) Calls = RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => (313, 176),
        Architecture.Arm64 => (273, 106),
        var other => throw new PlatformNotSupportedException($"live patching is not supported on {other}"),
    };

    /// <summary>finit_module(2): gives an open, read-only file to the kernel. 0 or a negative error number.</summary>
    public static int InsertModule(SafeFileHandle file) =>
        Result(SystemCall(Calls.FinitModule, file.DangerousGetHandle(), "", 0));

    /// <summary>delete_module(2) that does not wait. 0 or a negative error number.</summary>
    public static int DeleteModule(string name) => Result(SystemCall(Calls.DeleteModule, name, NonBlocking));

    public static string Message(int error) => Marshal.GetPInvokeErrorMessage(error);

    /// <summary>fsync(2) of a folder, so that a rename in it lasts.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public static void FlushFolder(string path)
    {
        using var folder = Open(path, CloseOnExec);
        if (folder.IsInvalid || Flush(folder) != 0)
            throw new IOException($"cannot flush {path}: {Message(Marshal.GetLastPInvokeError())}");
    }

    private static int Result(nint value) => value < 0 ? -Marshal.GetLastPInvokeError() : 0;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint SystemCall(nint number, nint file, string parameters, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint SystemCall(nint number, string name, nint flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(SafeFileHandle file);
}
