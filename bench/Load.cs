using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HdrHistogram;

namespace Bench;

/// <summary>What a load brought.</summary>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="BytesPerSecond">Bytes of bodies a second.</param>
/// <param name="Latency">Time to the last byte of an answer, in microseconds.</param>
internal sealed record Result(double PerSecond, double BytesPerSecond, HistogramBase Latency);

/// <summary>
/// Sends prepared requests over kept connections, one at a time each, and reads the answers whole. Written on sockets,
/// so that the generator costs little of the two cores it shares with what it measures.
/// </summary>
internal static class Load
{
    private const int MaxMicroseconds = 60_000_000;

    /// <summary>Runs it; an answer that is not 200 ends the run.</summary>
    public static async Task<Result> RunAsync(
        int port,
        int connections,
        TimeSpan time,
        Func<int, int, ReadOnlyMemory<byte>> request
    )
    {
        var clock = Stopwatch.StartNew();
        var workers = await Task.WhenAll(
            Enumerable
                .Range(0, connections)
                .Select(n => Task.Run(() => WorkAsync(port, clock, time, turn => request(n, turn))))
        );
        var seconds = clock.Elapsed.TotalSeconds;
        var latency = workers[0].Latency;
        foreach (var worker in workers.Skip(1))
            latency.Add(worker.Latency);
        return new Result(workers.Sum(w => w.Count) / seconds, workers.Sum(w => w.Bytes) / seconds, latency);
    }

    /// <summary>Seconds until so many clients, who all ask at the same moment, have the same answer whole.</summary>
    public static async Task<double> AllAtOnceAsync(int port, int clients, byte[] request)
    {
        var sockets = new List<Socket>(clients);
        try
        {
            for (var n = 0; n < clients; n++)
                sockets.Add(await ConnectAsync(port));

            var clock = Stopwatch.StartNew();
            await Task.WhenAll(
                sockets.Select(async socket =>
                {
                    await socket.SendAsync(request);
                    await ReadAsync(socket, new byte[64 * 1024]);
                })
            );
            return clock.Elapsed.TotalSeconds;
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task<(long Count, long Bytes, LongHistogram Latency)> WorkAsync(
        int port,
        Stopwatch clock,
        TimeSpan time,
        Func<int, ReadOnlyMemory<byte>> request
    )
    {
        using var socket = await ConnectAsync(port);
        var latency = new LongHistogram(MaxMicroseconds, 3);
        var buffer = new byte[256 * 1024];
        var (count, bytes) = (0L, 0L);
        for (; clock.Elapsed < time; count++)
        {
            var start = Stopwatch.GetTimestamp();
            await socket.SendAsync(request((int)count));
            bytes += await ReadAsync(socket, buffer);
            latency.RecordValue(Math.Min(MaxMicroseconds, (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds));
        }

        return (count, bytes, latency);
    }

    /// <summary>Connects to a server on this machine.</summary>
    public static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    /// <summary>Reads an answer and gives the length of its body; -1 for a 503 where that may be.</summary>
    public static async Task<long> ReadAsync(Socket socket, byte[] buffer, bool mayShed = false)
    {
        var have = 0;
        int end;
        while ((end = buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8)) < 0)
            have += await ReceiveAsync(socket, buffer.AsMemory(have));
        var head = buffer.AsSpan(0, end);
        var isShed = mayShed && head.StartsWith("HTTP/1.1 503"u8);
        if (!isShed && !head.StartsWith("HTTP/1.1 200"u8))
            throw new InvalidOperationException($"The answer was: {Encoding.ASCII.GetString(buffer, 0, have)}");
        var length = LengthOf(head);
        var left = length - (have - end - 4);
        while (left > 0)
            left -= await ReceiveAsync(socket, buffer);
        return isShed ? -1 : length;
    }

    private static long LengthOf(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("Content-Length: "u8);
        if (at >= 0 && Utf8Parser.TryParse(head[(at + 16)..], out long length, out _))
            return length;
        throw new InvalidOperationException($"No length in: {Encoding.ASCII.GetString(head)}");
    }

    private static async ValueTask<int> ReceiveAsync(Socket socket, Memory<byte> buffer) =>
        await socket.ReceiveAsync(buffer) is > 0 and var read ? read : throw new IOException("The server hung up.");
}
