using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Portal;

/// <summary>A deploy streams: what it holds in memory does not grow with the archive.</summary>
public sealed class DeployMemoryTests : IDisposable
{
    private const int Mega = 1 << 20;
    private const int Size = 300;
    private const int MostMemory = 150;

    private readonly PortalInstallation _portal = new();

    public void Dispose() => _portal.Dispose();

    [Fact]
    public async Task An_archive_of_300_MB_is_deployed_in_less_than_150()
    {
        await WriteNoiseAsync(_portal.PathOf("payload"));
        var archive = _portal.PathOf("K1.tar");
        await _portal.DoAsync(
            "patchset",
            "build",
            "--name",
            "K1",
            "--target",
            new string('a', 40),
            "--level",
            "1",
            archive,
            $"kpatch.bin={_portal.PathOf("payload")}"
        );
        new FileInfo(archive).Length.ShouldBeGreaterThan((long)Size * Mega);
        var (exit, peak) = await PeakAsync("kcare", "deploy", archive);
        exit.ShouldBe(0);
        peak.ShouldBeInRange(1, MostMemory);
    }

    private static async Task WriteNoiseAsync(string path)
    {
        await using var file = File.Create(path);
        var noise = RandomNumberGenerator.GetBytes(Mega);
        for (var i = 0; i < Size; i++)
        {
            noise[i % 64] ^= (byte)i;
            await file.WriteAsync(noise, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Runs a command and gives its exit code and the most memory that it had resident, in MiB.</summary>
    private async Task<(int Exit, int Peak)> PeakAsync(params string[] args)
    {
        using var process = Process.Start(_portal.Start(Programs.Command, args))!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var peak = 0;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(5)))
            peak = Math.Max(peak, HighWater(process.Id));
        await Task.WhenAll(output, errors);
        return (process.ExitCode, peak);
    }

    private static int HighWater(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null
                ? 0
                : int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
                    / 1024;
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return 0;
        }
    }
}
