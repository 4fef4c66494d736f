using System.Diagnostics;
using Xunit;

namespace EPortal.EndToEnd.Portal;

/// <summary>
/// A portal of its own for one test: a data folder, the settings that its programs get through the environment, and the
/// programs themselves. Gone with the test.
/// </summary>
internal sealed class PortalInstallation : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("eportal-portal-").FullName;

    public PortalInstallation()
    {
        DataDir = Path.Combine(_folder, "data");
        Environment = new()
        {
            ["EPORTAL_DATA_DIR"] = DataDir,
            ["EPORTAL_CONFIG"] = "/dev/null",
            ["EPORTAL_RUN_AS"] = System.Environment.UserName,
            ["EPORTAL_LISTEN"] = "http://127.0.0.1:0",
        };
    }

    /// <summary>Where the portal keeps everything; made by the first program that runs.</summary>
    public string DataDir { get; init; }

    /// <summary>What the programs get on top of this process's environment.</summary>
    public Dictionary<string, string> Environment { get; }

    /// <summary>A path for a test's own files, outside the data folder.</summary>
    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Runs <c>kc.eportal</c> to its end.</summary>
    public Task<CommandResult> TryAsync(params string[] args) => RunAsync(Programs.Command, args);

    /// <summary>Runs <c>kc.eportal</c>, which must succeed, and gives what it printed, trimmed.</summary>
    public async Task<string> DoAsync(params string[] args)
    {
        var result = await TryAsync(args);
        Assert.True(result.ExitCode == 0, $"kc.eportal {string.Join(' ', args)}: {result}");
        return result.Stdout.Trim();
    }

    /// <summary>Starts <c>eportal serve</c> and waits until it listens.</summary>
    public Task<PortalProcess> ServeAsync() => PortalProcess.StartAsync(Start(Programs.Portal, ["serve"]));

    /// <summary>Runs one of the programs to its end.</summary>
    public async Task<CommandResult> RunAsync(string program, params string[] args)
    {
        using var process = Process.Start(Start(program, args))!;
        process.StandardInput.Close();
        var output = ReadAsync(process.StandardOutput.BaseStream);
        var errors = ReadAsync(process.StandardError.BaseStream);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new CommandResult(process.ExitCode, await output, await errors);
    }

    /// <summary>How to start a program in this installation, all streams redirected.</summary>
    public ProcessStartInfo Start(string program, IEnumerable<string> args)
    {
        // A shell in whose background the tests run has their signals ignored, which children inherit.
        var start = new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT,TERM,PIPE", program, .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (
            var name in start
                .Environment.Keys.Where(name => name.StartsWith("EPORTAL_", StringComparison.Ordinal))
                .ToList()
        )
            start.Environment.Remove(name); // Meant for the tests, or for another portal.
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        return start;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, TestContext.Current.CancellationToken);
        return all.ToArray();
    }
}
