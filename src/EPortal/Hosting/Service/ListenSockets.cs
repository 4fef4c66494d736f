using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace EPortal.Hosting.Service;

/// <summary>
/// The sockets that the portal listens with: for each address of <c>LISTEN</c> the one that was handed over for it,
/// else a new one, which the service manager gets to keep. So connections that come while the portal is started anew
/// wait in a socket that was never closed (decision 31).
/// </summary>
internal sealed class ListenSockets(IReadOnlyList<GivenSocket> given, ServiceManager manager)
{
    /// <summary>Begins the name of a socket that was given to the service manager to keep.</summary>
    private const string KeptPrefix = "listen-";

    /// <summary>Never disposed, for that would shut down what the service manager still has.</summary>
    private static readonly List<Socket> s_kept = [];

    private readonly HashSet<GivenSocket> _used = [];

    /// <summary>None handed over, and nobody to keep any.</summary>
    public static ListenSockets Own { get; } =
        new([], ServiceManager.Of(new Dictionary<string, string>(StringComparer.Ordinal), _ => { }));

    /// <summary>Whether somebody keeps them open while no portal runs, so that callers wait in them.</summary>
    public bool OutliveProcess => manager.IsThere || given.Count > 0;

    /// <summary>The socket for an address; what the web server makes of it is its own affair.</summary>
    /// <exception cref="SocketException">The address is in use.</exception>
    /// <exception cref="StartException">The address is not this machine's, or only for root.</exception>
    public Socket Open(EndPoint endpoint)
    {
        if (endpoint is IPEndPoint address && given.FirstOrDefault(one => Serves(one.Address, address)) is { } found)
        {
            _used.Add(found);
            return Borrow(found.Descriptor);
        }

        var socket = Bind(endpoint);
        return manager.IsThere && endpoint is IPEndPoint { Port: > 0 } named ? Keep(socket, named) : socket;
    }

    /// <summary>
    /// Lets go of what was handed over for addresses that <c>LISTEN</c> does not name any more, and says which of a
    /// socket unit nobody will ever answer.
    /// </summary>
    public IEnumerable<string> Settle()
    {
        foreach (var unused in given.Except(_used))
        {
            using (new SafeSocketHandle(unused.Descriptor, ownsHandle: true)) { }

            if (unused.Name.StartsWith(KeptPrefix, StringComparison.Ordinal))
                manager.Forget(unused.Name);
            else
                yield return $"LISTEN does not name {unused.Address}, on which socket unit '{unused.Name}' listens; "
                    + "nobody answers there: change the unit or LISTEN";
        }
    }

    private static Socket Bind(EndPoint endpoint)
    {
        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new StartException(
                $"cannot listen on {endpoint} (LISTEN): permission denied; ports below 1024 need root: "
                    + "use another port behind nginx, or systemctl enable --now eportal.socket"
            );
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            throw new StartException(
                $"cannot listen on {endpoint} (LISTEN): no interface of this machine has this address"
            );
        }
    }

    /// <summary>Whether what listens on one address takes all connections to another.</summary>
    private static bool Serves(IPEndPoint listens, IPEndPoint wanted) =>
        listens.Equals(wanted)
        || listens.Port == wanted.Port
            && listens.Address.Equals(IPAddress.IPv6Any)
            && wanted.Address.Equals(IPAddress.Any);

    private Socket Keep(Socket socket, IPEndPoint address)
    {
        // It listens before it is given away, or what comes in a start that fails would be refused.
        socket.Listen();
        lock (s_kept)
            s_kept.Add(socket);
        var descriptor = (int)socket.Handle;
        manager.Keep($"{KeptPrefix}{address}".Replace(':', '_'), descriptor);
        return Borrow(descriptor);
    }

    /// <summary>
    /// A socket whose end closes nothing: closing one that is shared would shut it down for the others too.
    /// </summary>
    private static Socket Borrow(int descriptor) => new(new SafeSocketHandle(descriptor, ownsHandle: false));
}
