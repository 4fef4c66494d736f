using System.Collections;
using Bench.Filters;
using EPortal.Data;
using EPortal.Servers.CheckIns;

namespace Bench.Million;

/// <summary>
/// Half of what the portal can take, with an administrator at work; then three times as much as it can take, after
/// which it is killed, and every check-in that it acknowledged must be there.
/// </summary>
internal static class LoadDetector
{
    private const int Connections = 1000;

    public static async Task RunAsync(Report report, Site site, double capacity, bool quick)
    {
        var time = TimeSpan.FromSeconds(quick ? 6 : 30);
        await using (var clicks = new Clicks(site.Server.Port, FilterRun.User, FilterRun.Password))
        {
            var half = await Paced.RunAsync(site.Server.Port, Connections, capacity / 2, time, Sender(site, 100));
            report.Note("at half of that rate, asked for", capacity / 2, "a second");
            report.Note("taken", half.Taken, "a second");
            report.Target(
                "99th percentile at half of that rate",
                half.Latency.GetValueAtPercentile(99) / 1000.0,
                "ms",
                atMost: 50
            );
            Tell(report, "at half of that rate", clicks);
        }

        var acknowledged = new BitArray(site.Servers);
        var begin = DateTimeOffset.UtcNow;
        await using (var clicks = new Clicks(site.Server.Port, FilterRun.User, FilterRun.Password))
        {
            var over = await Paced.RunAsync(
                site.Server.Port,
                Connections * 3,
                capacity * 3,
                time,
                Sender(site, 200),
                (c, t) =>
                {
                    lock (acknowledged)
                        acknowledged[FleetRequests.HostOf(Turn(200, Connections * 3, c, t), site.Servers)] = true;
                }
            );
            report.Note("at three times that rate: asked for", capacity * 3, "a second");
            report.Note(
                "at three times that rate: sent, which is what the generator can",
                over.Taken + over.Shed,
                "a second"
            );
            report.Note("at three times that rate: taken", over.Taken, "a second");
            report.Note("at three times that rate: turned away", over.Shed, "a second");
            report.Note(
                "at three times that rate: 99th percentile of those taken, from sending to the answer",
                over.Service.GetValueAtPercentile(99) / 1000.0,
                "ms"
            );
            Tell(report, "at three times that rate", clicks);
        }

        report.Target("memory of the portal, greatest resident", site.Server.PeakMiB, "MiB", atMost: 600);
        site.Server.Kill();
        report.Target(
            "acknowledged check-ins that are not there after a kill",
            Missing(site, acknowledged, begin),
            "",
            atMost: 0
        );
    }

    private static Func<int, int, ReadOnlyMemory<byte>> Sender(Site site, int round)
    {
        var requests = Enumerable.Range(0, Connections * 3).Select(_ => new FleetRequests(site.Servers)).ToArray();
        return (c, t) => requests[c].Same(Turn(round, round == 100 ? Connections : Connections * 3, c, t));
    }

    private static int Turn(int round, int connections, int connection, int turn) =>
        (round * 10_000_000) + (turn * connections) + connection;

    private static void Tell(Report report, string when, Clicks clicks)
    {
        report.Note($"{when}: clicks in the console", clicks.Latency.TotalCount, $", {clicks.Failed} failed");
        report.Note($"{when}: 99th percentile of a click", clicks.Latency.GetValueAtPercentile(99) / 1000.0, "ms");
    }

    private static int Missing(Site site, BitArray acknowledged, DateTimeOffset since)
    {
        using var database = Database.Open(Path.GetDirectoryName(site.Database)!);
        var begin = UnixMicros.Of(since);
        var there = database.Read(session =>
        {
            var there = CheckInLog
                .LastTimes(session)
                .Values.Where(waiting => waiting.At >= begin)
                .Select(waiting => waiting.Server)
                .ToHashSet();
            using var row = session.Query("SELECT server FROM server_checkin WHERE at >= @begin", ("@begin", begin));
            while (row.Read())
                there.Add(row.GetInt64(0));
            return there;
        });
        // The fleet's n-th server has the number n + 1.
        return Enumerable.Range(0, site.Servers).Count(n => acknowledged[n] && !there.Contains(n + 1));
    }
}
