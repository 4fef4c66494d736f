using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HdrHistogram;

namespace Bench;

/// <summary>What a paced load brought.</summary>
/// <param name="Taken">Requests answered 200, a second.</param>
/// <param name="Shed">Requests answered 503, a second.</param>
/// <param name="Latency">From the moment a request was due to the last byte of a 200, in microseconds.</param>
internal sealed record PacedResult(double Taken, double Shed, LongHistogram Latency);

/// <summary>
/// Sends requests when they are due, whether or not earlier ones were answered in time, as hosts do that know nothing of each
/// other. A request that comes late because its connection still waits counts from when it was due.
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
        int port, int connections, double rate, TimeSpan time, Func<int, int, ReadOnlyMemory<byte>> request, Action<int, int>? taken = null)
    {
        var clock = Stopwatch.StartNew();
        var workers = await Task.WhenAll(Enumerable.Range(0, connections).Select(
            n => Task.Run(() => WorkAsync(port, clock, time, connections / rate, n * (1 / rate), turn => request(n, turn), turn => taken?.Invoke(n, turn)))));
        var seconds = clock.Elapsed.TotalSeconds;
        var latency = workers[0].Latency;
        foreach (var worker in workers.Skip(1))
            latency.Add(worker.Latency);
        return new PacedResult(workers.Sum(w => w.Taken) / seconds, workers.Sum(w => w.Shed) / seconds, latency);
    }

    private static async Task<(long Taken, long Shed, LongHistogram Latency)> WorkAsync(
        int port, Stopwatch clock, TimeSpan time, double interval, double offset, Func<int, ReadOnlyMemory<byte>> request, Action<int> taken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var (latency, buffer, ok, shed) = (new LongHistogram(MaxMicroseconds, 3), new byte[16 * 1024], 0L, 0L);
        for (var turn = 0; ; turn++)
        {
            var due = offset + (turn * interval);
            if (due >= time.TotalSeconds || clock.Elapsed > time)
                return (ok, shed, latency);
            if (due - clock.Elapsed.TotalSeconds is > 0.001 and var wait)
                await Task.Delay(TimeSpan.FromSeconds(wait));
            await socket.SendAsync(request(turn));
            if (await Load.ReadAsync(socket, buffer, mayShed: true) < 0)
            {
                shed++;
                continue;
            }

            ok++;
            taken(turn);
            latency.RecordValue(Math.Clamp((long)((clock.Elapsed.TotalSeconds - due) * 1e6), 1, MaxMicroseconds));
        }
    }
}
