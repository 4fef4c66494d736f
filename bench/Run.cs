using System.Diagnostics;

namespace Bench;

/// <summary>
/// What is not for hosts by the million: large files, commands, deploys, plain SQLite. Each subject and its floor run
/// in turns within the same minutes; the medians count.
/// </summary>
internal static class Run
{
    private const int FileConnections = 8;

    private static readonly Ratio[] Ratios =
    [
        new("portal, 16 MiB files", "nginx, 16 MiB files", Bytes: true),
        new("portal, 64 KiB files", "nginx, 64 KiB files", Bytes: true),
        new("deploy of 100 MiB", "tar, sha256sum, sync of 100 MiB"),
    ];

    public static async Task<int> AllAsync(string outFolder, bool quick)
    {
        var (rounds, time) = quick ? (3, TimeSpan.FromSeconds(2)) : (5, TimeSpan.FromSeconds(4));
        Directory.CreateDirectory(outFolder);
        var folder = Directory.CreateDirectory(Path.Combine(outFolder, $"bench-{Guid.NewGuid():N}")).FullName;
        var report = new Report("bench", Rounds(rounds, time), Ratios);
        try
        {
            var portal = new PortalUnderTest(
                folder,
                Environment.GetEnvironmentVariable("EPORTAL_OUT") ?? Path.GetFullPath("out")
            );
            using var server = await portal.StartAsync();
            using var nginx = await Server.NginxAsync(folder, portal.Files);
            for (var round = 0; round <= rounds; round++)
            {
                await RoundAsync(round == 0 ? null : report, round, time, folder, portal, server, nginx);
                Console.Error.WriteLine(round == 0 ? "warmed up" : $"round {round} of {rounds}");
            }

            report.Note("memory of the portal at the end", server.MemoryMiB, "MiB");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        report.Write(outFolder);
        return 0;
    }

    /// <summary>How it was measured.</summary>
    public static string Rounds(int rounds, TimeSpan time) =>
        $"{rounds} rounds of {time.TotalSeconds} s each, in turns; median (least to greatest).";

    /// <summary>One turn of everything; the first warms up and is not reported.</summary>
    private static async Task RoundAsync(
        Report? report,
        int round,
        TimeSpan time,
        string folder,
        PortalUnderTest portal,
        Server server,
        Server nginx
    )
    {
        var sqlite = Path.Combine(folder, "floor.sqlite");
        report?.Add("plain SQLite, a commit each", PlainSqlite.Run(sqlite, 1, time));
        report?.Add("plain SQLite, 100 a commit", PlainSqlite.Run(sqlite, 100, time));
        foreach (
            var (name, path) in new[]
            {
                ("16 MiB files", PortalUnderTest.LargeFile),
                ("64 KiB files", PortalUnderTest.SmallFile),
            }
        )
        {
            var request = Requests.File(path);
            report?.Add($"nginx, {name}", await Load.RunAsync(nginx.Port, FileConnections, time, (_, _) => request));
            report?.Add($"portal, {name}", await Load.RunAsync(server.Port, FileConnections, time, (_, _) => request));
        }

        report?.Add("kc.eportal key --json", 1 / await portal.CommandAsync("key", "--json"));
        var deploy = await portal.DeployAsync($"D{round}", $"{round + 1:x40}", 100 << 20);
        report?.Add("deploy of 100 MiB", 1 / deploy);
        report?.Add("tar, sha256sum, sync of 100 MiB", 1 / await UnpackAsync(folder, portal.ArchiveOf($"D{round}")));
    }

    /// <summary>Seconds in which plain tools copy, unpack, hash and flush an archive.</summary>
    private static async Task<double> UnpackAsync(string folder, string archive)
    {
        var clock = Stopwatch.StartNew();
        using var shell = Process.Start(
            "/bin/sh",
            [
                "-ec",
                $"mkdir '{folder}/u'; cp '{archive}' '{folder}/u/a'; tar -xf '{folder}/u/a' -C '{folder}/u'; find '{folder}/u' -type f -exec sha256sum {{}} + > /dev/null; sync -f '{folder}/u'; rm -r '{folder}/u'",
            ]
        );
        await shell.WaitForExitAsync();
        return shell.ExitCode == 0
            ? clock.Elapsed.TotalSeconds
            : throw new InvalidOperationException("The floor of deploying failed.");
    }
}
