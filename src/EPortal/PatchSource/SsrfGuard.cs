using System.Net;
using System.Net.Sockets;

namespace EPortal.PatchSource;

/// <summary>
/// Opens the connections to a patch source. The address is checked at the moment of connecting, so that a name which
/// resolves differently the second time cannot lead to this machine or its link.
/// </summary>
internal static class SsrfGuard
{
    private static readonly byte[] s_nat64 = [0x00, 0x64, 0xff, 0x9b];

    /// <summary>Connects to what <paramref name="context"/> names.</summary>
    /// <exception cref="HttpRequestException">It resolves only to addresses that a source may not have.</exception>
    public static async ValueTask<Stream> ConnectAsync(
        SourceOptions options,
        SocketsHttpConnectionContext context,
        CancellationToken cancel
    )
    {
        var end = context.DnsEndPoint;
        var addresses = await options.Resolve(end.Host, cancel);
        var allowed = MayBeLocal(options, end) ? addresses : [.. addresses.Where(address => !IsLocal(address))];
        if (allowed.Length == 0)
            throw new HttpRequestException(
                HttpRequestError.ConnectionError,
                $"{end.Host} resolves to an address of this machine or its link, which is not allowed for a patch source"
            );
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, end.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The proxy is wherever the administrator says; a source only when named by such an address itself.
    /// </summary>
    private static bool MayBeLocal(SourceOptions options, DnsEndPoint end) =>
        (options.Proxy is { } proxy && proxy.IdnHost == end.Host && proxy.Port == end.Port)
        || options.Url.IsLoopback
        || (IPAddress.TryParse(options.Url.IdnHost.Trim('[', ']'), out var literal) && IsLocal(literal));

    /// <summary>Whether an address is of this machine or its link, or no address of one machine at all.</summary>
    internal static bool IsLocal(IPAddress address) =>
        IPAddress.IsLoopback(address)
        || address.IsIPv6LinkLocal
        || address.IsIPv6Multicast
        || address.Equals(IPAddress.IPv6Any)
        || (EmbeddedOrNull(address) is { } ipv4 && IsLocal(ipv4));

    /// <summary>
    /// The IPv4 address that is meant: itself, mapped or compatible (RFC 4291), behind NAT64 (RFC 6052, RFC 8215) or
    /// 6to4 (RFC 3056).
    /// </summary>
    private static byte[]? EmbeddedOrNull(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (bytes.Length == 4)
            return bytes;
        ReadOnlySpan<byte> start = bytes.AsSpan(0, 12);
        return address.IsIPv4MappedToIPv6 || start.SequenceEqual(new byte[12]) || start.StartsWith(s_nat64)
                ? bytes[12..]
            : bytes is [0x20, 0x02, ..] ? bytes[2..6]
            : null;
    }

    // RFC 6890: this network, loopback, link-local; RFC 5771 and above: multicast, reserved, broadcast.
    private static bool IsLocal(byte[] ipv4) =>
        ipv4[0] is 0 or 127 || (ipv4[0] == 169 && ipv4[1] == 254) || ipv4[0] >= 224;
}
