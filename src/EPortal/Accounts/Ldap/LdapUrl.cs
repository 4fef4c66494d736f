using EPortal.Data;
using Microsoft.AspNetCore.WebUtilities;

namespace EPortal.Accounts.Ldap;

/// <summary>How the connection is kept from being read.</summary>
internal enum LdapSecurity
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Encrypted after the server agreed (RFC 4511, 4.14).</summary>
    StartTls,

    /// <summary>Encrypted from the first byte.</summary>
    Tls,
}

/// <summary>A directory server: <c>ldap|ldaps://HOST[:PORT][?strict_check=0&amp;tls=0&amp;timeout=30]</c>.</summary>
/// <param name="Host">Name or address; an IPv6 address without brackets.</param>
/// <param name="Port">Port, 389 or 636 when none was given.</param>
/// <param name="Security">StartTLS for <c>ldap</c> unless <c>tls=0</c>, TLS for <c>ldaps</c>.</param>
/// <param name="StrictCheck">Whether the certificate must be right.</param>
/// <param name="Timeout">How long each step may take.</param>
internal sealed record LdapUrl(string Host, int Port, LdapSecurity Security, bool StrictCheck, TimeSpan Timeout)
{
    private const int MaxSeconds = 120;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    /// <summary>Reads one.</summary>
    /// <exception cref="RefusedException">It is not of that form; the message says where.</exception>
    public static LdapUrl Parse(string text)
    {
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("ldap" or "ldaps")
            || uri.Host.Length == 0
        )
            throw Invalid("invalid LDAP address: use ldap://HOST, ldaps://HOST or ldap://HOST:PORT?timeout=30");
        if (uri.UserInfo.Length > 0 || uri.AbsolutePath.Trim('/').Length > 0 || uri.Fragment.Length > 0)
            throw Invalid("invalid LDAP address: use scheme, host, port and parameters only");
        var isLdaps = uri.Scheme == "ldaps";
        var (strict, tls, timeout) = (true, true, s_timeout);
        foreach (var (name, values) in QueryHelpers.ParseQuery(uri.Query))
        {
            switch (name)
            {
                case "strict_check":
                    strict = Flag(name, values.ToString());
                    break;
                case "tls":
                    tls = Flag(name, values.ToString());
                    break;
                case "timeout":
                    timeout = Seconds(values.ToString());
                    break;
                default:
                    throw Invalid($"unknown parameter '{name}' in the LDAP address: use strict_check, tls and timeout");
            }
        }

        if (isLdaps && !tls)
            throw Invalid("ldaps is always encrypted; for an unencrypted connection use ldap with tls=0");
        var security =
            isLdaps ? LdapSecurity.Tls
            : tls ? LdapSecurity.StartTls
            : LdapSecurity.None;
        return new LdapUrl(
            uri.IdnHost.Trim('[', ']'),
            uri.Port > 0 ? uri.Port
                : isLdaps ? 636
                : 389,
            security,
            strict,
            timeout
        );
    }

    /// <summary>Host and port, for messages.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static bool Flag(string name, string value) =>
        value switch
        {
            "0" => false,
            "1" => true,
            _ => throw Invalid($"{name} of an LDAP address must be 0 or 1"),
        };

    private static TimeSpan Seconds(string value) =>
        int.TryParse(
            value,
            System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture,
            out var seconds
        ) && seconds is >= 1 and <= MaxSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw Invalid($"timeout of an LDAP address must be 1 to {MaxSeconds} seconds");

    private static RefusedException Invalid(string message) => new(Refusal.Invalid, message);
}
