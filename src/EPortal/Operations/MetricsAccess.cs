using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using EPortal.Api.Guards;

namespace EPortal.Operations;

/// <summary>Who may read the metrics: who has the token, or comes from an allowed network.</summary>
internal sealed class MetricsAccess(OperationsOptions options, SecretGuards guards, TrustedProxies proxies)
{
    private readonly byte[]? _token = options.Token is { } token ? Hash(token) : null;

    /// <summary>Whether the caller may; without a token this is no guess and never throttled.</summary>
    public async ValueTask<SecretOutcome> Judge(HttpContext context)
    {
        if (IsFromAllowedNetwork(context))
            return SecretOutcome.Right;
        return _token is not null && ShownOrNull(context.Request) is { } shown
            ? await guards.MetricsToken.Try(
                context.Client(),
                "",
                shown,
                attempt => IsToken(attempt, shown, _token),
                context.RequestAborted
            )
            : SecretOutcome.Wrong;
    }

    private static string? ShownOrNull(HttpRequest request) =>
        AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
        && header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
        && header.Parameter is { Length: > 0 } parameter
            ? parameter
            : null;

    private static bool IsToken(SecretAttempt attempt, string shown, byte[] token)
    {
        attempt.Demand();
        return CryptographicOperations.FixedTimeEquals(Hash(shown), token);
    }

    /// <summary>
    /// What is left of a proxy's headers was not believed, so the address is that of some proxy and says nothing about
    /// the caller; nor does it where a believed proxy did not say for whom it called. A proxy on this machine must not
    /// make the whole world look local.
    /// </summary>
    private bool IsFromAllowedNetwork(HttpContext context)
    {
        if (
            TrustedProxies.HasUnbelieved(context)
            || proxies.IsAddressOfProxy(context)
            || context.Connection.RemoteIpAddress is not { } address
        )
            return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return options.Networks.Any(network => network.Contains(plain));
    }

    /// <summary>Hashes have one length, so that comparing takes the same time for tokens of every length.</summary>
    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
