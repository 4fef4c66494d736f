using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace EPortal.Operations;

/// <summary>Who may read the metrics: who has the token, or comes from an allowed network.</summary>
internal sealed class MetricsAccess(OperationsOptions options)
{
    private const string Forwarded = "X-Forwarded-For";
    private readonly byte[]? _token = options.Token is { } token ? Hash(token) : null;

    /// <summary>Whether the caller may.</summary>
    public bool Admits(HttpContext context) => HasToken(context.Request) || IsFromAllowedNetwork(context);

    private bool HasToken(HttpRequest request) =>
        _token is not null
        && AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
        && header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
        && header.Parameter is { Length: > 0 } parameter
        && CryptographicOperations.FixedTimeEquals(Hash(parameter), _token);

    /// <summary>
    /// What is left of the header was not believed, so the address is that of some proxy and says nothing about the caller:
    /// a proxy on this machine that is not trusted must not make the whole world look local.
    /// </summary>
    private bool IsFromAllowedNetwork(HttpContext context)
    {
        if (context.Request.Headers.ContainsKey(Forwarded) || context.Connection.RemoteIpAddress is not { } address)
            return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return options.Networks.Any(network => network.Contains(plain));
    }

    /// <summary>Hashes have one length, so that comparing takes the same time for tokens of every length.</summary>
    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
