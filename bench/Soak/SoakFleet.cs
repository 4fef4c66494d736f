using System.Net;
using System.Net.Sockets;
using Bench.Million;

namespace Bench.Soak;

/// <summary>
/// A larger fleet that only checks in, over connections that break with every kill; notes the last that was
/// acknowledged.
/// </summary>
internal sealed class SoakFleet(int port, int servers)
{
    private const int Connections = 32;

    /// <summary>One check-in in so many says something new.</summary>
    private const int NewsEvery = 20;

    /// <summary>Hosts that are not among those that check in: somebody deletes them.</summary>
    public static bool IsDoomed(int n) => n % 50 == 7;

    /// <summary>When the last acknowledged check-in of each host was sent, in Unix microseconds.</summary>
    public long[] At { get; } = new long[servers];

    /// <summary>
    /// Serials of what each host said that was new: the last that was acknowledged, and the last that was sent.
    /// </summary>
    public (int Acknowledged, int Sent)[] News { get; } = new (int, int)[servers];

    /// <summary>Check-ins that were acknowledged.</summary>
    public long Acknowledged { get; private set; }

    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(
            Enumerable.Range(0, Connections).Select(n => Task.Run(() => WorkAsync(n, stop), CancellationToken.None))
        );

    private async Task WorkAsync(int number, CancellationToken stop)
    {
        var (requests, buffer) = (new FleetRequests(servers), new byte[16 * 1024]);
        var newcomer = 0;
        var turn = number;
        while (!stop.IsCancellationRequested)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            {
                NoDelay = true,
            };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, stop);
                for (; !stop.IsCancellationRequested; turn += Connections)
                {
                    var n = FleetRequests.HostOf(turn, servers);
                    if (IsDoomed(n))
                        continue;
                    var at = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000;
                    await socket.SendAsync(requests.Same(turn), stop);
                    if (await Load.ReadAsync(socket, buffer, mayShed: true) >= 0)
                        Note(n, at);

                    if (turn / Connections % NewsEvery != 0)
                        continue;
                    // Those that say something new belong to one connection each, so that it is known what each said
                    // last.
                    var teller = (((newcomer++ * Connections) + number) * 10) + 9;
                    if (teller >= servers)
                        (newcomer, teller) = (1, (number * 10) + 9);
                    var serial = ++News[teller].Sent;
                    await socket.SendAsync(requests.New(teller, serial), stop);
                    if (await Load.ReadAsync(socket, buffer, mayShed: true) < 0)
                        continue;
                    News[teller].Acknowledged = serial;
                    Note(teller, at);
                }
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                await Task.WhenAny(Task.Delay(50, CancellationToken.None), Task.Delay(Timeout.Infinite, stop));
            }
        }
    }

    private void Note(int n, long at)
    {
        lock (At)
        {
            At[n] = Math.Max(At[n], at);
            Acknowledged++;
        }
    }
}
