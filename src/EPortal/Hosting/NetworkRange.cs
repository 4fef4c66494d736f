using System.Globalization;
using System.Net;

namespace EPortal.Hosting;

/// <summary>An IP network in CIDR form (RFC 4632, RFC 4291), or one address.</summary>
internal sealed record NetworkRange(IPNetwork Network)
{
    public bool Contains(IPAddress address) =>
        Network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    /// <summary>Reads <c>10.0.0.0/8</c>, <c>10.1.2.3</c>, <c>fd00::/8</c>; null for anything else.</summary>
    public static NetworkRange? ParseOrNull(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address) || !LooksLikeAddress(text))
            return null;
        var bits = address.GetAddressBytes().Length * 8;
        var prefix = bits;
        if (
            slash >= 0
            && !int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out prefix)
        )
            return null;
        return prefix <= bits && IPNetwork.TryParse($"{address}/{prefix}", out var network)
            ? new NetworkRange(network)
            : null;
    }

    public override string ToString() =>
        Network.PrefixLength == Network.BaseAddress.GetAddressBytes().Length * 8
            ? Network.BaseAddress.ToString()
            : Network.ToString();

    // IPAddress reads 10.1 and 167772161 as addresses too, which nobody means in a settings file.
    private static bool LooksLikeAddress(string text) => text.Contains(':') || text.Count(c => c == '.') == 3;
}
