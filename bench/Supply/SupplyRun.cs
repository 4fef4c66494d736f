using System.Globalization;

namespace Bench.Supply;

/// <summary>What concerns patch sources: the cache beside other caches, a stampede, and a sync of very much.</summary>
internal static class SupplyRun
{
    private const int Connections = 8;
    private const int Agents = 500;
    private const int ColdBytes = 2 << 20;

    private static readonly (string Name, string Target, int Bytes)[] Sizes =
    [
        ("4 KiB", new string('a', 40), 4 << 10),
        ("64 KiB", new string('b', 40), 64 << 10),
        ("1 MiB", new string('c', 40), 1 << 20),
    ];

    public static async Task<int> AllAsync(string outFolder, bool quick)
    {
        var (rounds, time) = quick ? (3, TimeSpan.FromSeconds(1)) : (5, TimeSpan.FromSeconds(4));
        Directory.CreateDirectory(outFolder);
        var folder = Directory.CreateDirectory(Path.Combine(outFolder, $"supply-{Guid.NewGuid():N}")).FullName;
        var report = new Report(
            "supply",
            Run.Rounds(rounds, time),
            [
                .. Sizes.SelectMany(size =>
                    new[]
                    {
                        new Ratio(
                            $"portal, {size.Name}",
                            $"nginx proxy_cache, {size.Name}",
                            Bytes: size.Bytes > 100_000
                        ),
                        new Ratio($"portal, {size.Name}", $"squid, {size.Name}", Bytes: size.Bytes > 100_000),
                    }
                ),
                .. BigSync.Ratios,
            ]
        );
        try
        {
            var programs = Environment.GetEnvironmentVariable("EPORTAL_OUT") ?? Path.GetFullPath("out");
            await CachesAsync(report, folder, programs, rounds, time);
            await BigSync.RunAsync(report, folder, programs, quick);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        report.Write(outFolder);
        return 0;
    }

    private static async Task CachesAsync(Report report, string folder, string programs, int rounds, TimeSpan time)
    {
        var portal = new PortalUnderTest(folder, programs);
        var repository = new Repository(Path.Combine(folder, "vendor"));
        foreach (var (name, target, bytes) in Sizes)
            await repository.AddAsync($"S{name.Replace(" ", "", StringComparison.Ordinal)}", [target], 1, bytes);
        await repository.AddAsync("Cold", Enumerable.Range(0, rounds + 1).Select(ColdTarget), 1, ColdBytes);
        await repository.PublishAsync(portal);
        var log = Path.Combine(folder, "upstream.access");
        // The cold files come slowly, so that all ask before the first has everything.
        using var upstream = await Server.NginxAsync(
            folder,
            "upstream",
            $$"""access_log {{log}}; root {{repository.Root}}; add_header Cache-Control max-age=3600; location /patches/000 { limit_rate 4m; }"""
        );
        portal.Set("PATCH_SOURCE_URL", $"http://127.0.0.1:{upstream.Port}/");
        portal.Set("TRUSTED_KEYS", $"['{repository.PublicKey}']");
        portal.Set("CACHE_MODE", "True");
        await portal.CommandAsync("kcare", "update");
        using var server = await portal.ServeAsync();
        using var nginx = await Server.NginxAsync(
            folder,
            "cache",
            $"access_log off; tcp_nopush off; location / {{ proxy_pass http://127.0.0.1:{upstream.Port}; proxy_cache files; proxy_cache_lock on; proxy_cache_lock_timeout 1m; }}",
            $"proxy_cache_path {folder}/nginx-cache keys_zone=files:10m max_size=1g; proxy_cache_valid 200 1h;"
        );
        using var squid = await SquidAsync(folder, upstream.Port);
        var subjects = new[]
        {
            ("portal", server, ""),
            ("nginx proxy_cache", nginx, "/patches"),
            ("squid", squid, "/patches"),
        };
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var (name, subject, root) in subjects)
                await RoundAsync(round == 0 ? null : report, round, time, name, subject, root, log);
            Console.Error.WriteLine(round == 0 ? "warmed up" : $"round {round} of {rounds}");
        }

        report.Note("memory of the portal at the end", server.MemoryMiB, "MiB");
    }

    private static async Task RoundAsync(
        Report? report,
        int round,
        TimeSpan time,
        string name,
        Server subject,
        string root,
        string log
    )
    {
        foreach (var (size, target, _) in Sizes)
        {
            var request = Requests.File($"{root}/{target}/1/kpatch.bin");
            report?.Add($"{name}, {size}", await Load.RunAsync(subject.Port, Connections, time, (_, _) => request));
        }

        var before = Asked(log, round);
        var seconds = await Load.AllAtOnceAsync(
            subject.Port,
            Agents,
            Requests.File($"{root}/{ColdTarget(round)}/1/kpatch.bin")
        );
        report?.Add($"{name}, {Agents} agents and one cold file of 2 MiB", 1 / seconds);
        report?.Add($"{name}, upstream requests for it", Asked(log, round) - before);
    }

    private static string ColdTarget(int round) => round.ToString("x40", CultureInfo.InvariantCulture);

    /// <summary>How often the source was asked for the cold file of a round.</summary>
    private static int Asked(string log, int round) =>
        File.ReadLines(log)
            .Count(line => line.Contains($"/{ColdTarget(round)}/1/kpatch.bin", StringComparison.Ordinal));

    private static async Task<Server> SquidAsync(string folder, int upstream)
    {
        var port = Server.FreePort();
        var config = Path.Combine(folder, "squid.conf");
        await File.WriteAllTextAsync(
            config,
            $"""
            http_port 127.0.0.1:{port} accel defaultsite=127.0.0.1 no-vhost
            cache_peer 127.0.0.1 parent {upstream} 0 no-query originserver
            http_access allow all
            cache_mem 256 MB
            maximum_object_size_in_memory 64 MB
            maximum_object_size 64 MB
            collapsed_forwarding on
            pid_filename none
            cache_log /dev/null
            access_log none
            coredump_dir /tmp
            shutdown_lifetime 0 seconds
            """ + "\n"
        );
        return await Server.StartAsync(port, "/usr/sbin/squid", ["-N", "-f", config]);
    }
}
