using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime;
using HdrHistogram;

namespace Bench;

/// <summary>What a paced load brought.</summary>
/// <param name="Taken">Requests answered 200, a second.</param>
/// <param name="Shed">Requests answered 503, a second.</param>
/// <param name="Latency">From the moment a request was due to the last byte of a 200, in microseconds.</param>
/// <param name="Service">The same from the moment it was sent: what is left when the generator itself cannot keep
/// up.</param>
internal sealed record PacedResult(double Taken, double Shed, LongHistogram Latency, LongHistogram Service);

/// <summary>
/// Sends requests when they are due, whether or not earlier ones were answered in time, as hosts do that know nothing
/// of each other. A request that comes late because its connection still waits counts from when it was due.
/// </summary>
internal static class Paced
{
    private const int MaxMicroseconds = 60_000_000;

    /// <param name="port">Of the server.</param>
    /// <param name="connections">That the requests are spread over.</param>
    /// <param name="rate">Requests a second, all connections together.</param>
    /// <param name="time">How long.</param>
    /// <param name="request">The n-th request of a connection.</param>
    /// <param name="taken">Told of each that was answered 200: connection, turn.</param>
    public static async Task<PacedResult> RunAsync(
        int port,
        int connections,
        double rate,
        TimeSpan time,
        Func<int, int, ReadOnlyMemory<byte>> request,
        Action<int, int>? taken = null
    )
    {
        // All are connected before the first request is due.
        var sockets = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Load.ConnectAsync(port)));
        var before = GCSettings.LatencyMode;
        GCSettings.LatencyMode = GCLatencyMode.SustainedLowLatency;
        try
        {
            var clock = Stopwatch.StartNew();
            var workers = await Task.WhenAll(
                sockets.Select(
                    (socket, n) =>
                        Task.Run(() =>
                            WorkAsync(
                                socket,
                                clock,
                                time,
                                connections / rate,
                                n * (1 / rate),
                                turn => request(n, turn),
                                turn => taken?.Invoke(n, turn)
                            )
                        )
                )
            );
            var seconds = clock.Elapsed.TotalSeconds;
            return new PacedResult(
                workers.Sum(w => w.Ok) / seconds,
                workers.Sum(w => w.Shed) / seconds,
                Sum(workers.Select(w => w.Latency)),
                Sum(workers.Select(w => w.Service))
            );
        }
        finally
        {
            GCSettings.LatencyMode = before;
        }
    }

    private static async Task<Worker> WorkAsync(
        Socket connected,
        Stopwatch clock,
        TimeSpan time,
        double interval,
        double offset,
        Func<int, ReadOnlyMemory<byte>> request,
        Action<int> taken
    )
    {
        using var socket = connected;
        var (worker, buffer) = (new Worker(), new byte[16 * 1024]);
        for (var turn = 0; ; turn++)
        {
            var due = offset + (turn * interval);
            if (due >= time.TotalSeconds || clock.Elapsed > time)
                return worker;
            if (due - clock.Elapsed.TotalSeconds is > 0.001 and var wait)
                await Task.Delay(TimeSpan.FromSeconds(wait));
            var sent = clock.Elapsed.TotalSeconds;
            await socket.SendAsync(request(turn));
            if (await Load.ReadAsync(socket, buffer, mayShed: true) < 0)
            {
                worker.Shed++;
                continue;
            }

            worker.Ok++;
            taken(turn);
            var now = clock.Elapsed.TotalSeconds;
            worker.Latency.RecordValue(Microseconds(now - due));
            worker.Service.RecordValue(Microseconds(now - Math.Max(sent, due)));
        }
    }

    private static long Microseconds(double seconds) => Math.Clamp((long)(seconds * 1e6), 1, MaxMicroseconds);

    private static LongHistogram Sum(IEnumerable<LongHistogram> some)
    {
        var sum = NewHistogram();
        foreach (var one in some)
            sum.Add(one);
        return sum;
    }

    private static LongHistogram NewHistogram() => new(MaxMicroseconds, 2);

    private sealed class Worker
    {
        public long Ok { get; set; }

        public long Shed { get; set; }

        public LongHistogram Latency { get; } = NewHistogram();

        public LongHistogram Service { get; } = NewHistogram();
    }
}
