using System.Diagnostics;
using System.Globalization;

namespace Bench.Supply;

/// <summary>
/// A sync of 200 patchsets with 100 patch files each, beside plain tools that fetch, unpack, hash and flush the same.
/// </summary>
internal static class BigSync
{
    private const string Mine = "sync of 200 patchsets, 20,000 patch files, 400 MiB";
    private const string Floor = "curl, tar, sha256sum, sync of the same";
    private const int Files = 4;
    private const int Targets = 25;
    private const int FileBytes = 20 << 10;

    public static IReadOnlyList<Ratio> Ratios { get; } = [new(Floor, Mine)];

    public static async Task RunAsync(Report report, string folder, string programs, bool quick)
    {
        var patchsets = quick ? 20 : 200;
        var vendor = new PortalUnderTest(Path.Combine(folder, "vendor-portal"), programs);
        var repository = new Repository(Path.Combine(folder, "big"));
        for (var n = 0; n < patchsets; n++)
            await repository.AddAsync(
                $"K{n:000}",
                Enumerable
                    .Range(n * Targets, Targets)
                    .Select(id => (id + 1).ToString("x40", CultureInfo.InvariantCulture)),
                Files,
                FileBytes
            );
        await repository.PublishAsync(vendor);
        using var nginx = await Server.NginxAsync(folder, repository.Root);
        for (var round = 1; round <= (quick ? 1 : 3); round++)
        {
            report.Add(Floor, 1 / await PlainAsync(folder, repository, nginx.Port));
            var place = Path.Combine(folder, $"big-portal-{round}");
            var portal = new PortalUnderTest(place, programs);
            portal.Set("PATCH_SOURCE_URL", $"http://127.0.0.1:{nginx.Port}/");
            portal.Set("TRUSTED_KEYS", $"['{repository.PublicKey}']");
            var (seconds, peak) = await portal.MeasureAsync("kcare", "auto-update");
            report.Add(Mine, 1 / seconds);
            report.Note($"sync {round}: seconds", seconds, "s");
            report.Note($"sync {round}: greatest memory", peak, "MiB");
            report.Note(
                $"sync {round}: once more, with nothing new",
                await portal.CommandAsync("kcare", "auto-update"),
                "s"
            );
            Directory.Delete(place, recursive: true);
            Console.Error.WriteLine($"sync {round}");
        }
    }

    private static async Task<double> PlainAsync(string folder, Repository repository, int port)
    {
        var place = Directory.CreateDirectory(Path.Combine(folder, "plain")).FullName;
        await File.WriteAllLinesAsync(
            Path.Combine(place, "urls"),
            repository.Archives.Select(archive => $"http://127.0.0.1:{port}/archives/{Path.GetFileName(archive)}")
        );
        var clock = Stopwatch.StartNew();
        using var shell = Process.Start(
            "/bin/sh",
            [
                "-ec",
                $"""
                cd '{place}'
                xargs -P 4 -n 1 curl -fsSO < urls
                for archive in *.tar; do mkdir "$archive.d"; sha256sum "$archive" > /dev/null; tar -xf "$archive" -C "$archive.d"; done
                find . -type f -exec sha256sum {"{}"} + > /dev/null
                sync -f .
                """,
            ]
        );
        await shell.WaitForExitAsync();
        var seconds = clock.Elapsed.TotalSeconds;
        Directory.Delete(place, recursive: true);
        return shell.ExitCode == 0 ? seconds : throw new InvalidOperationException("The floor of the sync failed.");
    }
}
