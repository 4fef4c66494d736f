using System.Diagnostics;
using System.Text;
using Xunit;

namespace EPortal.EndToEnd.Portal;

/// <summary>A running <c>eportal serve</c>; killed at the end of the test if it still runs.</summary>
internal sealed class PortalProcess : IAsyncDisposable
{
    private const string Serving = "serving on ";

    private readonly Process _process;
    private readonly StringBuilder _errors;
    private readonly Task _rest;

    private PortalProcess(Process process, StringBuilder errors, Uri address)
    {
        _process = process;
        _errors = errors;
        Address = address;
        _rest = process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:40123/</c>.</summary>
    public Uri Address { get; }

    public int Id => _process.Id;

    /// <summary>What it has said on standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    public static async Task<PortalProcess> StartAsync(ProcessStartInfo start)
    {
        var process = Process.Start(start)!;
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
                errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
        var cancel = TestContext.Current.CancellationToken;
        while (await process.StandardOutput.ReadLineAsync(cancel) is { } line)
        {
            if (line.StartsWith(Serving, StringComparison.Ordinal))
                return new PortalProcess(process, errors, new Uri(line[Serving.Length..]));
        }

        await process.WaitForExitAsync(cancel);
        throw new InvalidOperationException($"The portal ended with {process.ExitCode}: {errors}");
    }

    /// <summary>
    /// Sends a signal, such as <c>TERM</c>, and gives the exit code (128 + signal when it died of one).
    /// </summary>
    public async Task<int> SignalAsync(string signal)
    {
        using (var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        await _rest;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await SignalAsync("KILL");
        _process.Dispose();
    }
}
