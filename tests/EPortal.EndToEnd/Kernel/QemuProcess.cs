using System.Diagnostics;
using System.Net.Sockets;
using Xunit;

namespace EPortal.EndToEnd.Kernel;

/// <summary>A running QEMU and the stream of its guest's control port. It never outlives this process.</summary>
internal sealed class QemuProcess : IAsyncDisposable
{
    // Standard input is the leash: it closes with the process that holds it, however that one ends.
    private const string Leash = """
        exec 3<&0
        "$@" < /dev/null 3<&- & qemu=$!
        { read -r _; kill -KILL $qemu; } <&3 2> /dev/null &
        wait $qemu
        kill $! 2> /dev/null
        """;

    private readonly Process _leash;
    private readonly Task<string> _errors;
    private readonly string _folder;

    private QemuProcess(Process leash, Task<string> errors, string folder, string consolePath, NetworkStream control)
    {
        _leash = leash;
        _errors = errors;
        _folder = folder;
        ConsolePath = consolePath;
        Control = control;
    }

    public NetworkStream Control { get; }

    /// <summary>The file that the kernel's console goes to.</summary>
    public string ConsolePath { get; }

    public static async Task<QemuProcess> StartAsync(
        KernelLaboratory laboratory,
        IEnumerable<GuestFile> files,
        CancellationToken cancellation
    )
    {
        var folder = Directory.CreateTempSubdirectory("eportal-guest-").FullName;
        var initramfs = Path.Combine(folder, "initramfs.cpio");
        var socket = Path.Combine(folder, "control");
        var console = Path.Combine(laboratory.Logs, $"{NameOfTest()}.log");
        WriteInitramfs(laboratory, initramfs, files);

        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        listener.Listen(1);
        string[] boot = [Path.Combine(laboratory.Scripts, "boot.sh"), initramfs, console, $"unix:{socket}"];
        var start = new ProcessStartInfo("/bin/sh", ["-c", Leash, "sh", .. boot])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        var leash = Process.Start(start)!;
        var errors = leash.StandardError.ReadToEndAsync(CancellationToken.None);
        var connection = listener.AcceptAsync(cancellation).AsTask();
        await Task.WhenAny(connection, leash.WaitForExitAsync(CancellationToken.None));
        if (connection.IsCompletedSuccessfully)
        {
            var control = new NetworkStream(await connection, ownsSocket: true);
            return new QemuProcess(leash, errors, folder, console, control);
        }

        leash.StandardInput.Close();
        throw new GuestException($"QEMU did not start. {await errors}");
    }

    public async ValueTask DisposeAsync()
    {
        await Control.DisposeAsync();
        _leash.StandardInput.Close();
        await _leash.WaitForExitAsync();
        await _errors;
        _leash.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // Before a test runs, in a fixture, there is its class only.
    private static string NameOfTest() =>
        TestContext.Current.TestMethod?.MethodName ?? TestContext.Current.TestClass?.TestClassSimpleName ?? "guest";

    private static void WriteInitramfs(KernelLaboratory laboratory, string path, IEnumerable<GuestFile> files)
    {
        using var image = File.Create(path);
        using (var prepared = File.OpenRead(laboratory.InitramfsPath))
            prepared.CopyTo(image);
        CpioArchive.Append(image, files);
    }
}
