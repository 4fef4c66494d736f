using System.Globalization;

namespace Bench.Million;

/// <summary>
/// One kind of call after another, with the processor time that each took of the server and of the generator: that
/// hardly depends on what else the machine does. For profiling. A number behind the name of a call for a file is its
/// size in KiB: <c>file64</c> from the portal, <c>nginx64</c> from nginx, <c>proxy64</c> from the portal through nginx,
/// and <c>accel64</c> from nginx after it has asked the portal, which answers as much as its smallest file.
/// </summary>
internal static class Probe
{
    /// <summary>Larger than any that is served from memory.</summary>
    private static readonly SizedFile s_large = new("16 MiB file", '4', 16 << 20);

    public static async Task<int> RunAsync(string folder, int servers, IReadOnlyList<string> what)
    {
        var connections = Setting("CONNECTIONS", 128);
        var (rounds, time) = (Setting("ROUNDS", 3), TimeSpan.FromSeconds(Setting("SECONDS", 4)));
        using var site = new Site(
            folder,
            Environment.GetEnvironmentVariable("EPORTAL_OUT") ?? Path.GetFullPath("out"),
            servers
        );
        if (!File.Exists(site.Database))
        {
            await site.FurnishAsync(null);
            await site.Portal.DeployAsync(s_large.Patchset, s_large.TargetId, s_large.Bytes);
            site.Fill();
        }

        var seconds = await site.StartAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"started in {seconds:0.00} s"));
        using var bare = await Server.BareAsync();
        using var nginx = await Server.NginxAsync(folder, site.Portal.Files);
        var portal = $"http://127.0.0.1:{site.Server.Port}";
        // As `kc.eportal sync-nginx-conf` writes it.
        const string Pass = "proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_max_temp_file_size 0;";
        using var proxy = await Server.NginxAsync(
            folder,
            "proxy",
            $"access_log off; {Pass} location / {{ proxy_pass {portal}; }}"
        );
        using var accel = await Server.NginxAsync(
            folder,
            "accel",
            $"access_log off; {Pass} root {site.Portal.Files}; location / {{ auth_request /ask; }} "
                + $"location = /ask {{ internal; proxy_pass {portal}/{SizedFile.All[0].TargetId}/1/kpatch.bin; }}"
        );
        var requests = Enumerable
            .Range(0, Math.Max(1000, connections))
            .Select(_ => new FleetRequests(servers))
            .ToArray();
        var salt = Environment.ProcessId % 1000;
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var name in what)
            {
                var target =
                    name.StartsWith("bare", StringComparison.Ordinal) ? bare
                    : name.StartsWith("nginx", StringComparison.Ordinal) ? nginx
                    : name.StartsWith("proxy", StringComparison.Ordinal) ? proxy
                    : name.StartsWith("accel", StringComparison.Ordinal) ? accel
                    : site.Server;
                var size = name.TrimStart([.. "nginxfileproxyaccel"]);
                var file = SizedFile
                    .All.Append(s_large)
                    .FirstOrDefault(one => $"{one.Bytes >> 10}" == size, SizedFile.All[0])
                    .Request;
                int Turn(int c, int t) => (round * 10_000_000) + (t * connections) + c;
                Func<int, int, ReadOnlyMemory<byte>> request = name switch
                {
                    "bare" or "same" or "half" or "barehalf" => (c, t) => requests[c].Same(Turn(c, t)),
                    "changed" => (c, t) => requests[c].Changed(Turn(c, t), round + salt),
                    "bareget" or "latest" => (c, t) => requests[c].Latest(Turn(c, t)),
                    "register" => (c, t) => requests[c].Register(Turn(c, t)),
                    _ => (_, _) => file,
                };
                if (name.EndsWith("half", StringComparison.Ordinal))
                {
                    var half = await Paced.RunAsync(target.Port, 1000, Setting("RATE", 26_000), time, request);
                    Console.WriteLine(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{name.PadRight(10)} {$"{half.Taken:0}".PadLeft(8)}/s  shed {half.Shed:0}  p50 {half.Latency.GetValueAtPercentile(50) / 1000.0:0.0}  p90 {half.Latency.GetValueAtPercentile(90) / 1000.0:0.0}  p99 {half.Latency.GetValueAtPercentile(99) / 1000.0:0.0}  p99.9 {half.Latency.GetValueAtPercentile(99.9) / 1000.0:0.0} ms, p99 from sending {half.Service.GetValueAtPercentile(99) / 1000.0:0.0}"
                        )
                    );
                    continue;
                }

                var (mine, its) = (Environment.CpuUsage.TotalTime.TotalSeconds, target.CpuSeconds);
                var result = await Load.RunAsync(
                    target.Port,
                    name.StartsWith("file", StringComparison.Ordinal) || target != site.Server && target != bare
                        ? 8
                        : connections,
                    time,
                    request
                );
                var count = result.PerSecond * time.TotalSeconds / 1e6;
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name.PadRight(10)} {$"{result.PerSecond:0}".PadLeft(8)}/s  p50 {$"{result.Latency.GetValueAtPercentile(50) / 1000.0:0.0}".PadLeft(5)}  p99 {$"{result.Latency.GetValueAtPercentile(99) / 1000.0:0.0}".PadLeft(5)} ms  server {$"{(target.CpuSeconds - its) / count:0.0}".PadLeft(6)} us  generator {$"{(Environment.CpuUsage.TotalTime.TotalSeconds - mine) / count:0.0}".PadLeft(5)} us  {$"{site.Server.MemoryMiB:0}".PadLeft(4)} MiB"
                    )
                );
            }
        }

        return 0;
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;
}
