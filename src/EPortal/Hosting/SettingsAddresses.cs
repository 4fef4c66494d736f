using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace EPortal.Hosting;

/// <summary>The kinds of settings that name places: addresses to listen on, networks, hosts, URLs, keys.</summary>
internal static partial class SettingsAddresses
{
    /// <summary>
    /// Addresses to listen on. A host name is not among them: a web server that is given one listens on every
    /// address, which is not what the name says.
    /// </summary>
    public static SettingsKind<IReadOnlyList<Uri>> Listen { get; } =
        SettingsKinds.ListOf(
            "'http://ADDRESS:PORT' or 'https://ADDRESS:PORT' with an IP address or localhost, or a list of these",
            ListenOrNull,
            Plain,
            false
        );

    /// <summary>What nginx listens on, in its own form: <c>80</c>, <c>10.0.0.1:80</c>, <c>[::1]:80</c>.</summary>
    public static SettingsKind<IReadOnlyList<string>> NginxListens { get; } =
        SettingsKinds.ListOf(
            "a list of ports such as '80' and addresses with a port such as '10.0.0.1:80'",
            NginxListenOrNull,
            text => text,
            false
        );

    /// <summary>Addresses and networks; a single address is a network of one.</summary>
    public static SettingsKind<IReadOnlyList<NetworkRange>> Networks { get; } =
        SettingsKinds.ListOf(
            "a list of IP addresses and networks such as '10.0.0.0/8'",
            NetworkRange.ParseOrNull,
            range => range.ToString()
        );

    public static SettingsKind<IReadOnlyList<NetworkRange>?> OptionalNetworks { get; } =
        SettingsKinds.Optional(Networks);

    /// <summary>
    /// Values of the Host header (RFC 9110, section 7.2) without the port. Nobody wants none, so an empty list is any.
    /// </summary>
    public static SettingsKind<IReadOnlyList<string>> Hosts { get; } =
        AnyWhenEmpty(
            SettingsKinds.ListOf(
                "a list of host names or addresses, '*.example.com' for all below a domain, '*' or an empty list for any",
                HostOrNull,
                text => text
            )
        );

    /// <summary>The same, or none.</summary>
    public static SettingsKind<IReadOnlyList<string>> MaybeHosts { get; } =
        SettingsKinds.ListOf(
            "a list of host names or addresses, '*.example.com' for all below a domain",
            HostOrNull,
            text => text
        );

    /// <summary>Public keys in minisign's form: the bare base64 line, from the setting itself or from a file.</summary>
    public static SettingsKind<IReadOnlyList<string>> PublicKeys { get; } =
        SettingsKinds.ListOf(
            "a list of minisign public keys in base64, or paths of readable key files",
            PublicKeyOrNull,
            text => text
        );

    public static SettingsKind<Uri?> OptionalHttpUrl { get; } =
        Url("a URL in quotes with http or https and without a password", "http", "https") with
        {
            IsSecret = false,
        };

    /// <summary>A proxy; its URL may carry a name and password.</summary>
    public static SettingsKind<Uri?> OptionalProxy { get; } =
        Url("a URL in quotes with http, https or socks5", "http", "https", "socks5");

    private static SettingsKind<IReadOnlyList<string>> AnyWhenEmpty(SettingsKind<IReadOnlyList<string>> kind) =>
        kind with
        {
            Read = (SettingsValue value, [MaybeNullWhen(false)] out IReadOnlyList<string> result) =>
            {
                var fits = kind.Read(value, out result);
                result = result is [] ? Settings.Defaults.AllowedHosts : result;
                return fits;
            },
        };

    private static SettingsKind<Uri?> Url(string allowed, params string[] schemes)
    {
        var text = SettingsKinds.Text(allowed, _ => true);
        var isProxy = schemes.Contains("socks5");
        return SettingsKinds.Optional(
            new SettingsKind<Uri>(
                text.Allowed,
                (SettingsValue value, [MaybeNullWhen(false)] out Uri result) =>
                {
                    result =
                        text.Read(value, out var written)
                        && Uri.TryCreate(written, UriKind.Absolute, out var url)
                        && schemes.Contains(url.Scheme)
                        && url.Host.Length > 0
                        && url.Fragment.Length == 0
                        && (isProxy || url.UserInfo.Length == 0)
                            ? url
                            : null;
                    return result is not null;
                },
                url => SettingsValue.Of(Plain(url))
            )
            {
                TakesWords = true,
                IsSecret = true,
            }
        );
    }

    private static string? HostOrNull(string text) =>
        HostPattern().IsMatch(text) || IPAddress.TryParse(text.Trim('[', ']'), out _) ? text : null;

    private static Uri? ListenOrNull(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.PathAndQuery == "/"
        && url.UserInfo.Length == 0
        && url.Fragment.Length == 0
        && (url.Host == "localhost" || url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6)
            ? url
            : null;

    private static string? NginxListenOrNull(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
        || text.LastIndexOf(':') > text.LastIndexOf(']')
            && IPEndPoint.TryParse(text, out var endpoint)
            && endpoint.Port > 0
            ? text
            : null;

    private static string? PublicKeyOrNull(string text)
    {
        var line = text;
        if (text.StartsWith('/'))
        {
            try
            {
                line = File.ReadLines(text).Take(16).LastOrDefault(part => part.Trim().Length > 0) ?? "";
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The sentence about what is allowed says that the file must be readable.
                return null;
            }
        }

        Span<byte> key = stackalloc byte[64];
        return Convert.TryFromBase64String(line.Trim(), key, out var length) && length == 42 && key.StartsWith("Ed"u8)
            ? line.Trim()
            : null;
    }

    private static string Plain(Uri url) =>
        url.PathAndQuery == "/" ? url.OriginalString.TrimEnd('/') : url.OriginalString;

    [GeneratedRegex(@"\A(\*|(\*?\.)?[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*)\z")]
    private static partial Regex HostPattern();
}
