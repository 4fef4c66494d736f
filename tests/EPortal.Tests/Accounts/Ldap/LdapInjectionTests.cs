using System.Net;
using System.Text;
using CsCheck;
using EPortal.Accounts.Ldap;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts.Ldap;

/// <summary>
/// C20: names that would change the question, certificates that are not right, and a way back to plain text.
/// </summary>
[Trait("threat", "C20")]
public sealed class LdapInjectionTests : IDisposable
{
    private static readonly DateTimeOffset s_now = TimeProvider.System.GetUtcNow();
    private readonly TestCertificates _authority = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("*")]
    [InlineData("gau*")]
    [InlineData(")(uid=*))(|(uid=*")]
    [InlineData("gauss)(uid=*")]
    [InlineData("\\00")]
    [InlineData("gauss\0")]
    [InlineData("gauss ")]
    [InlineData(" gauss")]
    [InlineData("gau\u00adss")]
    [InlineData("gauss\u200b")]
    [InlineData("gauss,dc=example,dc=com")]
    [InlineData("gauss+cn=gauss")]
    [InlineData("gauss\\2c")]
    [InlineData("#gauss")]
    [InlineData("")]
    public async Task Names_that_are_no_users_stay_no_users(string name)
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await LdapLoginTests.With(
            new LdapSettings(
                slapd.Plain + "?tls=0",
                Slapd.Dn,
                "dc=example,dc=com??sub?(|(uid=%s)(uniqueMember=uid=%s,dc=example,dc=com))"
            )
        );
        using var browser = new Browser(api.Portal);

        using var answer = await browser.LogInAsync(name, Slapd.Password);

        answer.StatusCode.ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest);
        api.Portal.Portal.Users.List().Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_name_with_a_comma_in_the_directory_is_that_one_and_no_other()
    {
        using var slapd = await Slapd.StartAsync(
            more: (
                "",
                "dn: uid=o\\2Cneil,dc=example,dc=com\nobjectClass: inetOrgPerson\ncn: O\nsn: N\nuid: o,neil\nuserPassword: password\n\n"
            )
        );
        var directory = new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn, "dc=example,dc=com??sub?(uid=%s)").Open(
            TimeProvider.System
        );

        (await directory.Login("o,neil", Slapd.Password, Cancellation)).ShouldBe(LdapLogin.Done);
        (await directory.Login("o\\,neil", Slapd.Password, Cancellation)).ShouldBe(LdapLogin.Wrong);
    }

    [Fact]
    public async Task An_empty_password_is_not_even_sent()
    {
        using var slapd = await Slapd.StartAsync(more: ("allow bind_anon_cred\nallow bind_anon_dn\n", ""));
        await using var connection = await LdapConnection.Open(
            LdapUrl.Parse(slapd.Plain + "?tls=0"),
            null,
            TimeProvider.System,
            Cancellation
        );

        (await connection.Bind("uid=gauss,dc=example,dc=com", "", Cancellation)).Code.ShouldBe(
            LdapResult.InvalidCredentials
        );
        (await connection.Bind("", "password", Cancellation)).Code.ShouldBe(LdapResult.InvalidCredentials);
    }

    [Theory]
    [InlineData("gauss@evil.example")]
    [InlineData("uid=gauss,dc=example,dc=com")]
    [InlineData("EVIL\\gauss")]
    [InlineData("gauss,")]
    public async Task Where_a_name_is_not_escaped_it_must_be_plain(string name)
    {
        using var slapd = await Slapd.StartAsync();
        var directory = new LdapSettings(slapd.Plain + "?tls=0", "%s").Open(TimeProvider.System);

        (await directory.Login(name, Slapd.Password, Cancellation)).ShouldBe(LdapLogin.Wrong);
    }

    [Fact]
    public async Task A_connection_string_that_is_no_name_is_no_wrong_password()
    {
        using var slapd = await Slapd.StartAsync();
        (
            await Outcome(new LdapSettings(slapd.Plain + "?tls=0", "%s@example.com").Open(TimeProvider.System))
        ).ShouldContain("does not accept the connection string");
    }

    [Fact]
    public async Task A_referral_is_not_followed()
    {
        using var elsewhere = await Slapd.StartAsync();
        using var slapd = await Slapd.StartAsync(
            more: (
                "",
                $"dn: ou=away,dc=example,dc=com\nobjectClass: referral\nobjectClass: extensibleObject\nou: away\nref: {elsewhere.Plain}/dc=example,dc=com\n\n"
            )
        );

        var bind = new LdapSettings(slapd.Plain + "?tls=0", "uid=%s,ou=away,dc=example,dc=com").Open(
            TimeProvider.System
        );
        (await Outcome(bind)).ShouldStartWith("Wrong");
        var search = new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn, "ou=away,dc=example,dc=com??sub?(uid=%s)").Open(
            TimeProvider.System
        );
        (await Outcome(search)).ShouldContain("refers the search to another server; referrals are not followed");
    }

    [Theory]
    [InlineData("right", null)]
    [InlineData("other name", "is for 'CN=ldap.example.org', not for 127.0.0.1")]
    [InlineData("expired", "expired at")]
    [InlineData("not yet", "is not valid before")]
    [InlineData("self-signed", "is self-signed and not trusted")]
    [InlineData("other authority", "is signed by 'CN=Another authority', which is not trusted")]
    [InlineData("no authority given", "is signed by 'CN=Test authority', which is not trusted")]
    public async Task Only_the_right_certificate_will_do(string what, string? sentence)
    {
        using var other = new TestCertificates("CN=Another authority");
        using var slapd = await Slapd.StartAsync(
            what switch
            {
                "other name" => _authority.Make("ldap.example.org", s_now.AddDays(-1), s_now.AddDays(1)),
                "expired" => _authority.Make(null, s_now.AddDays(-9), s_now.AddDays(-1)),
                "not yet" => _authority.Make(null, s_now.AddDays(1), s_now.AddDays(9)),
                "self-signed" => _authority.Make(null, s_now.AddDays(-1), s_now.AddDays(1), selfSigned: true),
                "other authority" => other.Make(null, s_now.AddDays(-1), s_now.AddDays(1)),
                _ => _authority.Make(null, s_now.AddDays(-1), s_now.AddDays(1)),
            }
        );
        var ca = what == "no authority given" ? null : _authority.Pem;

        foreach (var url in new[] { slapd.Plain, slapd.Encrypted })
        {
            (await Outcome(Open(url, ca))).ShouldContain(sentence ?? "Done");
            (await Outcome(Open(url + "?strict_check=0", ca))).ShouldBe("Done");
        }
    }

    [Fact]
    public async Task Without_StartTLS_there_is_no_login()
    {
        using var slapd = await Slapd.StartAsync();
        (await Outcome(Open(slapd.Plain, null))).ShouldContain("refused StartTLS (result 2");
        (await Outcome(Open(slapd.Plain + "?strict_check=0", null))).ShouldContain("refused StartTLS");
        (await Outcome(Open(slapd.Plain + "?tls=0", null))).ShouldBe("Done");
    }

    [Fact]
    public async Task What_is_slipped_in_before_the_encryption_does_not_count()
    {
        // The answer to StartTLS, and behind it a bind that "worked".
        byte[] stripped =
        [
            0x30,
            0x0c,
            0x02,
            0x01,
            0x01,
            0x78,
            0x07,
            0x0a,
            0x01,
            0x00,
            0x04,
            0x00,
            0x04,
            0x00,
            0x30,
            0x0c,
            0x02,
            0x01,
            0x02,
            0x61,
            0x07,
            0x0a,
            0x01,
            0x00,
            0x04,
            0x00,
            0x04,
            0x00,
        ];
        using var server = new FakeDirectory(stripped);

        (await Outcome(Open(server.Url, _authority.Pem))).ShouldContain(server.Url[7..]);
    }

    [Fact]
    public void Hostile_answers_are_refused_within_bounds() =>
        Gen
            .Byte.Array[0, 64]
            .Sample(
                bytes =>
                {
                    using var server = new FakeDirectory(bytes);
                    var outcome = Outcome(Open(server.Url + "?tls=0&timeout=1", null)).GetAwaiter().GetResult();
                    outcome.ShouldNotBe("Done");
                },
                iter: 200,
                threads: 2
            );

    [Fact]
    public async Task An_answer_without_bounds_is_not_read()
    {
        using var server = new FakeDirectory([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02, 0x01, 0x01]);
        (await Outcome(Open(server.Url + "?tls=0", null))).ShouldContain("not valid LDAP");
    }

    [Fact]
    public void Whatever_a_name_holds_it_is_one_value_in_the_filter() =>
        Gen.String.Sample(name =>
        {
            var text = LdapFilterReader.Read(LdapFilterText.Read("(&(ou=x)(|(uid=%s)(cn=a%sb)))"), name);
            text.ShouldBe($"and[ou=x;or[uid={Utf8(name)};cn=a{Utf8(name)}b]]");
        });

    [Fact]
    public void Whatever_a_name_holds_it_is_one_value_in_the_distinguished_name() =>
        Gen.String.Sample(name =>
        {
            var filled = DnTemplate.Fill("uid=%s,dc=example", name);
            LdapFilterReader.ValueOfDn(filled, "uid=", ",dc=example").ShouldBe(name);
        });

    private static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static LdapDirectory Open(string url, string? ca) =>
        new LdapSettings(url, Slapd.Dn, null, ca).Open(TimeProvider.System);

    /// <summary>How a login of gauss with the right password ends, in words.</summary>
    private static async Task<string> Outcome(LdapDirectory directory)
    {
        try
        {
            return (await directory.Login("gauss", Slapd.Password, Cancellation)).ToString();
        }
        catch (LdapException e)
        {
            return e.Message;
        }
    }
}
