using EPortal.Accounts.Ldap;
using EPortal.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts.Ldap;

/// <summary>Address, connection string and filter as administrators write them.</summary>
public sealed class LdapSettingsTests
{
    [Theory]
    [InlineData("ldap://ldap.example.com", "ldap.example.com", 389, "StartTls", true, 5)]
    [InlineData("ldaps://ldap.example.com", "ldap.example.com", 636, "Tls", true, 5)]
    [InlineData("ldaps://ldap.example.com/", "ldap.example.com", 636, "Tls", true, 5)]
    [InlineData("ldap://ldap.forumsys.com?tls=0&timeout=30", "ldap.forumsys.com", 389, "None", true, 30)]
    [InlineData("ldap://10.0.0.1:1389?strict_check=0", "10.0.0.1", 1389, "StartTls", false, 5)]
    [InlineData("ldap://[2001:db8::1]:1389?strict_check=1&tls=1", "2001:db8::1", 1389, "StartTls", true, 5)]
    [InlineData("LDAPS://LDAP.example.com:7", "ldap.example.com", 7, "Tls", true, 5)]
    public void Addresses_are_understood(
        string text,
        string host,
        int port,
        string security,
        bool strict,
        int seconds
    ) =>
        LdapUrl
            .Parse(text)
            .ShouldBe(
                new LdapUrl(host, port, Enum.Parse<LdapSecurity>(security), strict, TimeSpan.FromSeconds(seconds))
            );

    [Theory]
    [InlineData("")]
    [InlineData("ldap.example.com")]
    [InlineData("ldap:///")]
    [InlineData("http://ldap.example.com")]
    [InlineData("ldapi://%2fvar%2frun%2fldapi")]
    [InlineData("ldap://user:secret@ldap.example.com")]
    [InlineData("ldap://ldap.example.com/dc=example")]
    [InlineData("ldap://ldap.example.com?tls=2")]
    [InlineData("ldap://ldap.example.com?tls")]
    [InlineData("ldap://ldap.example.com?timeout=0")]
    [InlineData("ldap://ldap.example.com?timeout=3600")]
    [InlineData("ldap://ldap.example.com?timeout=soon")]
    [InlineData("ldap://ldap.example.com?verify=0")]
    [InlineData("ldaps://ldap.example.com?tls=0")]
    [InlineData("ldap://ldap.example.com:99999")]
    public void Others_are_refused_in_a_sentence(string text) =>
        Should.Throw<RefusedException>(() => LdapUrl.Parse(text)).Message.ShouldNotEndWith(".");

    [Theory]
    [InlineData("(uid=%s")]
    [InlineData("uid=%s")]
    [InlineData("(uid=%s))")]
    [InlineData("(&)")]
    [InlineData("(uid)")]
    [InlineData("(=x)")]
    [InlineData("(uid=a(b)")]
    [InlineData("(uid=\\zz)")]
    [InlineData("()")]
    [InlineData("(:=x)")]
    public void Malformed_filters_are_refused_with_the_place(string filter) =>
        Should.Throw<RefusedException>(() => LdapFilterText.Read(filter)).Message.ShouldContain("at character");

    [Fact]
    public void A_filter_has_bounds() =>
        Should.Throw<RefusedException>(() =>
            LdapFilterText.Read(string.Concat(Enumerable.Repeat("(!", 2000)) + "(a=b)" + new string(')', 2000))
        );

    [Fact]
    public void The_deepest_filter_that_is_taken_can_be_read() =>
        LdapFilterText
            .Read(string.Concat(Enumerable.Repeat("(!", 339)) + "(a=b)" + new string(')', 339))
            .ShouldNotBeNull();

    [Theory]
    [InlineData("uid=admin,dc=example")]
    [InlineData("")]
    [InlineData("uid=%s\n")]
    public void A_connection_string_has_a_place_for_the_name(string dn) =>
        Should.Throw<RefusedException>(() => new LdapSettings("ldap://a", dn).Open(TimeProvider.System));

    [Theory]
    [InlineData("nonsense")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    public void An_authority_is_a_certificate(string pem) =>
        Should.Throw<RefusedException>(() =>
            new LdapSettings("ldap://a", "uid=%s", null, pem).Open(TimeProvider.System)
        );

    [Theory]
    [InlineData("uid=%s,dc=example", "a,b", "uid=a\\,b,dc=example")]
    [InlineData("uid=%s,ou=%s", "x", "uid=x,ou=x")]
    [InlineData("%s@example.com", "a.b", "a.b@example.com")]
    [InlineData("uid=%s", " #a ", "uid=\\ #a\\ ")]
    [InlineData("uid=%s", "#a", "uid=\\#a")]
    public void Names_are_put_in_as_values(string template, string name, string dn) =>
        DnTemplate.Fill(template, name).ShouldBe(dn);
}
