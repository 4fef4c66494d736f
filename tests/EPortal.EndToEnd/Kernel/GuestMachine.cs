using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace EPortal.EndToEnd.Kernel;

/// <summary>
/// A Debian kernel running in QEMU that does what it is told. The host's 127.0.0.1 is 10.0.2.2 in there. One
/// command at a time; a command that outlives its deadline makes the guest useless, and so does a kernel panic.
/// </summary>
internal sealed class GuestMachine : IAsyncDisposable
{
    /// <summary>Address of the host's loopback, seen from the guest.</summary>
    public const string HostAddress = "10.0.2.2";

    private const int AppendBytes = 64 * 1024;
    private const int ConsoleTailLines = 40;

    // Two seconds on an idle machine with hardware help, four without; a busy one may take twenty.
    private static readonly TimeSpan s_bootDeadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_commandDeadline = TimeSpan.FromMinutes(1);

    private readonly QemuProcess _qemu;

    private GuestMachine(QemuProcess qemu) => _qemu = qemu;

    /// <summary>The kernel's log so far. It stays where it is after the guest has gone.</summary>
    public string ConsolePath => _qemu.ConsolePath;

    /// <summary>Boots a guest with the given files in it, and returns when it takes commands.</summary>
    /// <exception cref="GuestException">It did not come up in two minutes.</exception>
    public static async Task<GuestMachine> StartAsync(KernelLaboratory laboratory, params IEnumerable<GuestFile> files)
    {
        using var deadline = new CancellationTokenSource(s_bootDeadline);
        var guest = new GuestMachine(await QemuProcess.StartAsync(laboratory, files, deadline.Token));
        try
        {
            var greeting = await guest.GuardAsync("the boot", guest.ReadLineAsync, deadline.Token);
            return greeting == "ready" ? guest : throw guest.Failure($"The guest greeted with \"{greeting}\".");
        }
        catch (GuestException)
        {
            await guest.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a shell command in the guest, as root in /root, and returns what it ended with.</summary>
    /// <exception cref="GuestException">The guest died, or the command outlived its deadline (one minute).</exception>
    public async Task<CommandResult> RunAsync(string command, TimeSpan? deadline = null)
    {
        using var clock = new CancellationTokenSource(deadline ?? s_commandDeadline);
        var bytes = Encoding.UTF8.GetBytes(command);
        return await GuardAsync(command, t => AskAsync($"run {bytes.Length}", bytes, t), clock.Token);
    }

    /// <summary>Runs a command that must succeed, and returns what it wrote, without the last line's end.</summary>
    public async Task<string> ReadAsync(string command)
    {
        var result = await RunAsync(command);
        return result.ExitCode == 0
            ? result.Stdout.TrimEnd('\n')
            : throw Failure($"In the guest, \"{command}\" failed: {result}");
    }

    /// <summary>The exact bytes of a file in the guest, of /proc and /sys too.</summary>
    public async Task<byte[]> ReadFileAsync(string path)
    {
        var result = await RunAsync($"cat '{path}'");
        return result.ExitCode == 0 ? result.Output : throw Failure($"{path} cannot be read: {result}");
    }

    /// <summary>Writes a file in the running guest, in an existing folder. Some 100 kB a second go through without
    /// hardware help: what is larger and known before is better given to <see cref="StartAsync"/>.</summary>
    public async Task PutFileAsync(string path, ReadOnlyMemory<byte> content)
    {
        await ReadAsync($": > '{path}'");
        for (var at = 0; at < content.Length; at += AppendBytes)
        {
            var part = content.Slice(at, Math.Min(AppendBytes, content.Length - at));
            using var clock = new CancellationTokenSource(s_commandDeadline);
            var result = await GuardAsync(path, t => AskAsync($"append {part.Length} {path}", part, t), clock.Token);
            if (result.ExitCode != 0)
                throw Failure($"{path} cannot be written: {result}");
        }
    }

    public ValueTask DisposeAsync() => _qemu.DisposeAsync();

    private async Task<CommandResult> AskAsync(
        string request,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellation
    )
    {
        await _qemu.Control.WriteAsync(Encoding.UTF8.GetBytes(request + '\n'), cancellation);
        await _qemu.Control.WriteAsync(body, cancellation);
        var answer = await ReadLineAsync(cancellation);
        if (answer.Split(' ') is not ["done", var code, var outSize, var errSize])
            throw Failure($"The guest answered \"{answer}\".");
        var output = await ReadBytesAsync(Number(outSize), cancellation);
        var errors = await ReadBytesAsync(Number(errSize), cancellation);
        return new CommandResult(Number(code), output, errors);
    }

    private async Task<T> GuardAsync<T>(
        string what,
        Func<CancellationToken, Task<T>> work,
        CancellationToken cancellation
    )
    {
        try
        {
            return await work(cancellation);
        }
        catch (OperationCanceledException e)
        {
            throw Failure($"The guest had no more time for {what}.", e);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw Failure($"The guest died during {what}.", e);
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new ArrayBufferWriter<byte>();
        var next = new byte[1];
        while (true)
        {
            await _qemu.Control.ReadExactlyAsync(next, cancellation);
            if (next[0] == '\n')
                return Encoding.UTF8.GetString(line.WrittenSpan);
            line.Write(next);
        }
    }

    private async Task<byte[]> ReadBytesAsync(int count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await _qemu.Control.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    private GuestException Failure(string sentence, Exception? inner = null)
    {
        var end = string.Join('\n', LastWords(File.ReadAllLines(ConsolePath)));
        return new GuestException($"{sentence}\nThe console ({ConsolePath}) ends with:\n{end}", inner);
    }

    // A stack trace may be longer than the tail, and the line that says what happened stands before it.
    private static IEnumerable<string> LastWords(string[] console)
    {
        var start = Math.Max(0, console.Length - ConsoleTailLines);
        var panic = Array.FindIndex(console, line => line.Contains("] Kernel panic - ", StringComparison.Ordinal));
        return console.Skip(panic >= 0 ? Math.Min(panic, start) : start);
    }

    private static int Number(string digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
}
