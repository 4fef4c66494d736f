using System.Net;
using System.Net.Sockets;

namespace EPortal.Hosting;

/// <summary>The host names that requests may call the portal by.</summary>
internal static class AllowedHosts
{
    /// <summary>
    /// Always allowed, for health checks and metrics on the portal's own machine. A page of a stranger that has its
    /// name resolve to this machine (DNS rebinding) still sends that name.
    /// </summary>
    private static readonly string[] s_loopback = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>
    /// Those of <c>ALLOWED_HOSTS</c> as a request names them, the name by which other nodes call this one, and this
    /// machine's own.
    /// </summary>
    public static IReadOnlyList<string> Of(Settings settings) =>
        [
            .. settings.AllowedHosts.Select(HostOf),
            .. settings.NodeUrl is { } node ? new[] { HostOf(node.Host) } : [],
            .. s_loopback,
        ];

    /// <summary>IPv6 addresses stand in brackets in a request.</summary>
    private static string HostOf(string allowed) =>
        IPAddress.TryParse(allowed.Trim('[', ']'), out var address)
        && address.AddressFamily == AddressFamily.InterNetworkV6
            ? $"[{address}]"
            : allowed;
}
