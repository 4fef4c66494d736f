using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EPortal.Accounts.Sso;

/// <summary>Who somebody is, from what the provider answered.</summary>
internal static class SsoIdentity
{
    private const int MaxSubject = 255; // OpenID Connect Core 1.0, section 2
    private const int MaxIssuer = 512;
    private static readonly TimeSpan s_skew = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Reads it. Issuer and subject make the identity; name and mail are no more than names. The ID token needs no
    /// signature check, for it came straight from the token endpoint (OpenID Connect Core 1.0, 3.1.3.7).
    /// </summary>
    /// <param name="idToken">The ID token, where the provider gave one.</param>
    /// <param name="userinfo">The answer of the user information endpoint.</param>
    /// <param name="answeredAs">The <c>iss</c> that came with the code (RFC 9207), if any.</param>
    /// <param name="options">The provider.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="SsoException">It is not whole, or not for this portal, or its parts speak of different
    /// people.</exception>
    public static ExternalIdentity Read(
        string? idToken,
        JsonElement userinfo,
        string? answeredAs,
        SsoOptions options,
        DateTimeOffset now
    )
    {
        var subject = Text(userinfo, "sub") ?? throw new SsoException("user information without sub");
        var issuer = options.Origin;
        if (idToken is not null)
        {
            using var claims = Claims(idToken);
            Check(claims.RootElement, subject, options.ClientId!, now);
            issuer = Text(claims.RootElement, "iss") ?? throw new SsoException("ID token without iss");
            if (!string.IsNullOrEmpty(answeredAs) && answeredAs != issuer)
                throw new SsoException("the code is from another issuer than the ID token");
        }

        if (Text(userinfo, "iss") is { } other && idToken is not null && other != issuer)
            throw new SsoException("the user information is from another issuer than the ID token");
        // The key parts them by a space.
        if (
            string.IsNullOrWhiteSpace(subject)
            || subject.Length > MaxSubject
            || subject.Any(IsUnseen)
            || issuer.Length is 0 or > MaxIssuer
            || issuer.Any(c => IsUnseen(c) || char.IsWhiteSpace(c))
        )
            throw new SsoException("the subject or issuer is empty, too long or malformed")
            {
                Problem = Sessions.LoginProblems.SsoSubject,
            };
        var realm = Uri.TryCreate(issuer, UriKind.Absolute, out var address) ? address.Host : options.AuthUrl!.Host;
        return new ExternalIdentity($"sso:{issuer} {subject}", NameOf(userinfo, subject), realm, "SSO")
        {
            ConfirmedUnder = options.Fingerprint,
        };
    }

    private static void Check(JsonElement claims, string subject, string clientId, DateTimeOffset now)
    {
        if (Text(claims, "sub") != subject)
            throw new SsoException("the user information is about another subject than the ID token");
        var audiences =
            claims.TryGetProperty("aud", out var aud) && aud.ValueKind == JsonValueKind.Array
                ?
                [
                    .. aud.EnumerateArray()
                        .Where(one => one.ValueKind == JsonValueKind.String)
                        .Select(one => one.GetString()),
                ]
                : new[] { Text(claims, "aud") };
        if (
            !audiences.Contains(clientId, StringComparer.Ordinal)
            || (Text(claims, "azp") is { } party && party != clientId)
        )
            throw new SsoException("the ID token is for another client");
        if (
            !claims.TryGetProperty("exp", out var exp)
            || exp.ValueKind != JsonValueKind.Number
            || !exp.TryGetDouble(out var end)
            || end < (now - s_skew).ToUnixTimeSeconds()
        )
            throw new SsoException("the ID token has expired");
    }

    /// <summary>
    /// A name: what people call themselves, a mail address that was verified, else the subject. One that merely cannot
    /// be a name here is passed over; one that could pass for another is not, and will be refused.
    /// </summary>
    private static string NameOf(JsonElement userinfo, string subject)
    {
        var mail =
            userinfo.TryGetProperty("email_verified", out var verified) && verified.ValueKind == JsonValueKind.True
                ? Text(userinfo, "email")
                : null;
        return new[] { Text(userinfo, "preferred_username"), mail, subject }.FirstOrDefault(name =>
                name is not null && (UserName.IsAllowed(name) || UserName.IsLookalike(name))
            )
            ?? "sso-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(subject)))[..12];
    }

    private static bool IsUnseen(char c) =>
        char.IsControl(c)
        || char.GetUnicodeCategory(c)
            is UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate;

    private static JsonDocument Claims(string idToken)
    {
        try
        {
            return idToken.Split('.') is [_, var payload, ..]
                ? JsonDocument.Parse(Base64Url.DecodeFromChars(payload))
                : throw new SsoException("the ID token is malformed");
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new SsoException("the ID token is malformed");
        }
    }

    private static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object
        && json.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
