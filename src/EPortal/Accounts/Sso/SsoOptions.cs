using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace EPortal.Accounts.Sso;

/// <summary>The sign-on provider as the settings have it.</summary>
/// <param name="AuthUrl">Authorization endpoint (RFC 6749, 3.1).</param>
/// <param name="TokenUrl">Token endpoint.</param>
/// <param name="UserinfoUrl">User information endpoint (OpenID Connect Core 1.0, 5.3).</param>
/// <param name="LogoutUrl">Where a logout leads (OpenID Connect RP-Initiated Logout 1.0); null for nowhere.</param>
/// <param name="ClientId">This portal's name at the provider.</param>
/// <param name="ClientSecret">Its password there.</param>
internal sealed record SsoOptions(
    Uri? AuthUrl,
    Uri? TokenUrl,
    Uri? UserinfoUrl,
    Uri? LogoutUrl,
    string? ClientId,
    string? ClientSecret
)
{
    /// <summary>How sessions that began by it are marked.</summary>
    public const string Via = "sso";

    /// <summary>Whether people can sign on by it.</summary>
    public bool IsOn =>
        AuthUrl is not null
        && TokenUrl is not null
        && UserinfoUrl is not null
        && ClientId is not null
        && ClientSecret is not null;

    /// <summary>The provider's own name where it does not say one: where people are sent to.</summary>
    public string Origin => AuthUrl!.GetLeftPart(UriPartial.Authority);

    /// <summary>Tells this provider and client from others that may have been set before; opens nothing.</summary>
    public string Fingerprint { get; } =
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{AuthUrl}\n{TokenUrl}\n{UserinfoUrl}\n{ClientId}"))
        )[..16];

    /// <summary>Where a browser is sent after a logout; null for nowhere.</summary>
    public string? LogoutAddressOrNull(HttpRequest request) =>
        !IsOn || LogoutUrl is null
            ? null
            : QueryHelpers.AddQueryString(
                LogoutUrl.ToString(),
                new Dictionary<string, string?>
                {
                    ["client_id"] = ClientId,
                    ["post_logout_redirect_uri"] = $"{request.Scheme}://{request.Host}/admin",
                }
            );
}
