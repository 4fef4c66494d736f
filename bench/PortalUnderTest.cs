using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Bench;

/// <summary>The shipped portal with two patches deployed.</summary>
internal sealed class PortalUnderTest(string folder, string programs)
{
    private readonly Dictionary<string, string> _environment = new()
    {
        ["EPORTAL_CONFIG"] = "/dev/null",
        ["EPORTAL_DATA_DIR"] = Path.Combine(folder, "data"),
        ["EPORTAL_RUN_AS"] = Environment.UserName,
        ["EPORTAL_REGISTER_RATE_LIMIT"] = "0",
        ["EPORTAL_SERVER_CHANGES_PER_HOUR"] = "0",
    };

    /// <summary>Level 1 of <see cref="Requests.Target"/>: 16 MiB.</summary>
    public static string LargeFile => $"/{Requests.Target}/1/kpatch.bin";

    /// <summary>Level 1 of another target: 64 KiB.</summary>
    public static string SmallFile => $"/{new string('d', 40)}/1/kpatch.bin";

    /// <summary>Folder of the programs.</summary>
    public string Programs => programs;

    /// <summary>Where the files lie that both paths name.</summary>
    public string Files => Path.Combine(folder, "files");

    public async Task<Server> StartAsync()
    {
        await DeployAsync("K1", Requests.Target, 16 << 20);
        await DeployAsync("K2", new string('d', 40), 64 << 10);
        return await ServeAsync();
    }

    /// <summary>A setting, as the environment has it.</summary>
    public void Set(string name, string value) => _environment[$"EPORTAL_{name}"] = value;

    /// <summary>Starts it as it is.</summary>
    public Task<Server> ServeAsync() => ServeAsync(Server.FreePort());

    /// <summary>Starts it as it is, on a port.</summary>
    public Task<Server> ServeAsync(int port)
    {
        Set("LISTEN", $"http://127.0.0.1:{port}");
        return Server.StartAsync(port, Path.Combine(programs, "eportal"), ["serve"], _environment);
    }

    /// <summary>Seconds that a command takes.</summary>
    public async Task<double> CommandAsync(params string[] args) => (await MeasureAsync(args)).Seconds;

    /// <summary>Seconds that a command takes, and the most memory it had resident, in MiB.</summary>
    public async Task<(double Seconds, double PeakMiB)> MeasureAsync(params string[] args)
    {
        var start = new ProcessStartInfo(Path.Combine(programs, "kc.eportal"), args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in _environment)
            start.Environment[name] = value;
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        // The kernel keeps the peak itself, and forgets it with the process.
        var peak = 0.0;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(50)))
            peak = Math.Max(peak, PeakMiB(process.Id));
        var seconds = clock.Elapsed.TotalSeconds;
        await output;
        return process.ExitCode == 0
            ? (seconds, peak)
            : throw new InvalidOperationException($"kc.eportal {string.Join(' ', args)}: {await errors}");
    }

    /// <summary>
    /// Makes an archive of one patch with random bytes and deploys it; gives the seconds of the deploy.
    /// </summary>
    public async Task<double> DeployAsync(string name, string target, int bytes)
    {
        var payload = Path.Combine(Files, target, "1", "kpatch.bin");
        Directory.CreateDirectory(Path.GetDirectoryName(payload)!);
        await File.WriteAllBytesAsync(payload, RandomNumberGenerator.GetBytes(bytes));
        await CommandAsync(
            "patchset",
            "build",
            "--name",
            name,
            "--target",
            target,
            "--level",
            1.ToString(CultureInfo.InvariantCulture),
            ArchiveOf(name),
            $"kpatch.bin={payload}"
        );
        return await CommandAsync("kcare", "deploy", ArchiveOf(name));
    }

    private static double PeakMiB(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null
                ? 0
                : double.Parse(
                    line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^2],
                    CultureInfo.InvariantCulture
                ) / 1024;
        }
        catch (IOException)
        {
            return 0; // It ended meanwhile.
        }
    }

    public string ArchiveOf(string name) => Path.Combine(folder, $"{name}.tar");
}
