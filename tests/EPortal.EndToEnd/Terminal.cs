using System.Diagnostics;
using System.Text;
using Xunit;

namespace EPortal.EndToEnd;

/// <summary>
/// A program on a real terminal: a pseudo-terminal that script(1) makes. The test types and looks at the screen.
/// </summary>
internal sealed class Terminal : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _screen = new();
    private readonly Task _reading;
    private int _seen;

    private Terminal(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>
    /// Starts what script(1) is to run; <paramref name="script"/> tells how to start script(1) itself.
    /// </summary>
    public static Terminal Start(Func<string, string[], ProcessStartInfo> script, string shellCommand)
    {
        var start = script("script", ["--quiet", "--return", "--flush", "--command", shellCommand, "/dev/null"]);
        start.Environment["TERM"] = "xterm";
        start.Environment["SHELL"] = "/bin/sh";
        return new Terminal(Process.Start(start)!);
    }

    /// <summary>Everything that was shown.</summary>
    public string Screen
    {
        get
        {
            lock (_screen)
                return _screen.ToString();
        }
    }

    /// <summary>Presses keys.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until a text is shown after what was waited for before.</summary>
    public async Task ExpectAsync(string text)
    {
        try
        {
            await Eventually.IsTrueAsync(
                $"'{text}' is shown",
                () => Task.FromResult(Screen.IndexOf(text, _seen, StringComparison.Ordinal) >= 0)
            );
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} The screen:\n{Screen}", e);
        }

        _seen = Screen.IndexOf(text, _seen, StringComparison.Ordinal) + text.Length;
    }

    /// <summary>Waits for the end and gives the exit code.</summary>
    public async Task<int> EndAsync()
    {
        await Eventually.IsTrueAsync("the program has ended", () => Task.FromResult(_process.HasExited));
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        int count;
        while ((count = await _process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            lock (_screen)
                _screen.Append(buffer, 0, count);
        }
    }
}
