using System.Net;
using System.Net.Sockets;

namespace EPortal.Tests.Hosting;

/// <summary>Ports for servers that cannot be told to choose one themselves.</summary>
internal static class Ports
{
    // Below what Linux hands out by itself (ip_local_port_range), so no connection takes one before its server listens.
    private const int First = 20_000;
    private const int Count = 12_000;

    private static int s_next = Random.Shared.Next(Count);

    /// <summary>A port of loopback on which nobody listens, given out once.</summary>
    public static int Free()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref s_next) % Count);
            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody else's; the next then.
            }
        }
    }
}
