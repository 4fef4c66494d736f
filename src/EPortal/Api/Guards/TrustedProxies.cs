using System.Net;

namespace EPortal.Api.Guards;

/// <summary>
/// The proxies whose word on where a request came from is believed, and what a request shows of proxies that said
/// nothing.
/// </summary>
/// <param name="networks">Their addresses.</param>
internal sealed class TrustedProxies(IReadOnlyList<IPNetwork> networks)
{
    /// <summary>
    /// Set by the nginx of <c>kc.eportal sync-nginx-conf</c>: the <c>X-Forwarded-Proto</c> that it was sent itself.
    /// </summary>
    public const string BeforeNginx = "X-Eportal-Proto";

    /// <summary>Where a believed proxy's own address is kept after its word was taken.</summary>
    public const string OriginalFor = "X-Original-For";

    private const string ForwardedFor = "X-Forwarded-For";

    /// <summary>What proxies say and was not believed, or not looked at.</summary>
    private static readonly string[] s_unbelieved =
    [
        ForwardedFor,
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "Forwarded",
        "Via",
        "X-Real-IP",
    ];

    /// <summary>What is left of what was believed.</summary>
    private static readonly string[] s_believed = [OriginalFor, "X-Original-Proto", "X-Original-Host", BeforeNginx];

    /// <summary>Whether it is the address of one.</summary>
    public bool Contains(IPAddress? address)
    {
        if (address is null)
            return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return networks.Any(network => network.Contains(plain));
    }

    /// <summary>
    /// Whether a request came through a proxy and the address that is known is that of a believed one: it says nothing
    /// about who called, and is the same for all.
    /// </summary>
    public bool IsAddressOfProxy(HttpContext context) =>
        (Has(context, s_unbelieved) || Has(context, s_believed)) && Contains(context.Connection.RemoteIpAddress);

    /// <summary>Whether a proxy said something that was not believed.</summary>
    public static bool HasUnbelieved(HttpContext context) => Has(context, s_unbelieved);

    /// <summary>Whether the last proxy said for whom it calls.</summary>
    public static bool SaidForWhom(HttpContext context) =>
        context.Request.Headers.ContainsKey(ForwardedFor)
        || context.Request.Headers[OriginalFor].ToString() is { Length: > 0 } proxy
            && proxy != CallerOf(context.Connection)
            && !context.Request.Headers.ContainsKey(BeforeNginx);

    /// <summary>
    /// The framework keeps the proxy's address also where only a name or scheme was taken from it; the caller is then
    /// still the proxy.
    /// </summary>
    private static string? CallerOf(ConnectionInfo connection) =>
        connection.RemoteIpAddress is { } address ? new IPEndPoint(address, connection.RemotePort).ToString() : null;

    /// <summary>Whether a request shows that it came through a proxy other than this machine's nginx.</summary>
    public static bool CameThroughProxy(HttpContext context) => Has(context, s_unbelieved) || Has(context, s_believed);

    private static bool Has(HttpContext context, string[] names)
    {
        foreach (var name in names)
        {
            if (context.Request.Headers.ContainsKey(name))
                return true;
        }

        return false;
    }
}
