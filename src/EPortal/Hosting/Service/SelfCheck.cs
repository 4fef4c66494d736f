using System.Net;
using System.Net.Sockets;
using System.Text;
using EPortal.Operations;

namespace EPortal.Hosting.Service;

/// <summary>
/// Whether the portal is alive: whether the database answers, whatever it says, and whether somebody takes and answers
/// connections. Only what a new start mends counts: a full disk or a lost source is no reason to end. Who turns a
/// connection away because there are too many is alive too, so a crowd cannot have the portal killed.
/// </summary>
/// <param name="health">Looks at the database and the disks.</param>
/// <param name="addresses">Where the portal listens, such as <c>http://127.0.0.1:8080</c>.</param>
internal sealed class SelfCheck(HealthChecks health, IReadOnlyList<Uri> addresses)
{
    private static readonly byte[] s_question = Encoding.ASCII.GetBytes(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    );

    /// <summary>Looks; null when all is well, else what is not.</summary>
    public async Task<string?> Look(CancellationToken cancel)
    {
        await health.Get(cancel);
        foreach (var address in addresses)
        {
            if (await ProblemOrNull(address, cancel) is { } problem)
                return problem;
        }

        return null;
    }

    private static async Task<string?> ProblemOrNull(Uri address, CancellationToken cancel)
    {
        var endpoint = Reachable(address);
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, cancel);
            await socket.SendAsync(s_question, cancel);
            // Under TLS this is no greeting, and the connection is closed for it: that is an answer too.
            await socket.ReceiveAsync(new byte[1], cancel);
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return null;
        }
        catch (SocketException e)
        {
            return $"cannot connect to {endpoint}: {e.Message}";
        }
    }

    /// <summary>All addresses of this machine are reached by its own.</summary>
    private static IPEndPoint Reachable(Uri address)
    {
        var host = address.HostNameType == UriHostNameType.Dns ? IPAddress.Loopback : IPAddress.Parse(address.IdnHost);
        return new IPEndPoint(
            host.Equals(IPAddress.Any) ? IPAddress.Loopback
                : host.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
                : host,
            address.Port
        );
    }
}
