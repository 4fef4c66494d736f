using System.Globalization;
using Bench.Filters;

namespace Bench.Million;

internal static class Probe
{
    public static async Task<int> RunAsync(string folder, int servers, int connections, string what, int rounds, double seconds)
    {
        var portal = new PortalUnderTest(folder, Environment.GetEnvironmentVariable("EPORTAL_OUT") ?? Path.GetFullPath("out"));
        if (!Directory.Exists(Path.Combine(folder, "data")))
        {
            Directory.CreateDirectory(folder);
            await FilterRun.FurnishAsync(portal, folder);
            var requests = new FleetRequests(servers);
            var clock0 = System.Diagnostics.Stopwatch.StartNew();
            Fleet.Write(Path.Combine(folder, "data", "eportal.sqlite"), servers, FleetRequests.Address, requests.DigestOf);
            Console.Error.WriteLine($"fleet written in {clock0.Elapsed.TotalSeconds} s");
        }
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var server = await portal.ServeAsync();
        Console.Error.WriteLine($"up in {clock.Elapsed.TotalSeconds:0.00} s, pid of port {server.Port}");
        using var bare = await Server.BareAsync();
        await Task.Delay(4000);
        var time = TimeSpan.FromSeconds(seconds);
        var all = Enumerable.Range(0, connections).Select(_ => new FleetRequests(servers)).ToArray();
        for (var round = 0; round < rounds; round++)
            foreach (var one in what.Split(','))
            {
                var offset = round * 2_000_000;
                Func<int, int, ReadOnlyMemory<byte>> request = one switch
                {
                    "same" or "bare" => (c, t) => all[c].Same(offset + (t * connections) + c),
                    "changed" => (c, t) => all[c].Changed(offset + (t * connections) + c, round),
                    "latest" or "bareget" => (c, t) => all[c].Latest(offset + (t * connections) + c),
                    _ => (c, t) => all[c].Register(offset + (t * connections) + c),
                };
                var port0 = one.StartsWith("bare", StringComparison.Ordinal) ? bare : server;
                var (c0, g0) = (port0.CpuSeconds, Environment.CpuUsage.TotalTime.TotalSeconds);
                var result = await Load.RunAsync(one.StartsWith("bare", StringComparison.Ordinal) ? bare.Port : server.Port, connections, time, request);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one,-10} {result.PerSecond,9:0}/s p50 {result.Latency.GetValueAtPercentile(50) / 1000.0:0.0} p99 {result.Latency.GetValueAtPercentile(99) / 1000.0:0.0} ms  mem {server.MemoryMiB:0}  cpu us: server {(port0.CpuSeconds - c0) / (result.PerSecond * seconds) * 1e6:0.0} generator {(Environment.CpuUsage.TotalTime.TotalSeconds - g0) / (result.PerSecond * seconds) * 1e6:0.0}"));
            }
        return 0;
    }
}
