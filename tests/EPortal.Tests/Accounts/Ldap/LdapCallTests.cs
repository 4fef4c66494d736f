using System.Net;
using EPortal.Tests.Api;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts.Ldap;

/// <summary>Setting and trying the directory by the API and the command line.</summary>
public sealed class LdapCallTests
{
    [Theory]
    [InlineData("gauss", "password", "connect+ tls+ bind+ search+")]
    [InlineData("tesla", "password", "connect+ tls+ bind+ search-")]
    [InlineData("gauss", "wrong", "connect+ tls+ bind-")]
    [InlineData("ga uss", "password", "connect+ tls+ bind-")]
    public async Task A_test_says_which_step_failed(string user, string password, string steps)
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await ApiCaller.StartAsync();

        var answer = await api.Post(
            "/ldap/test",
            ("username", user),
            ("password", password),
            ("url", slapd.Plain + "?tls=0"),
            ("dn", Slapd.Dn),
            ("filter", Slapd.Mathematicians)
        );

        Steps(answer).ShouldBe(steps);
        answer.Text.ShouldNotContain("\"password\"");
        (await api.Get("/users")).Result.GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_test_names_the_name_the_port_the_encryption_and_the_certificate()
    {
        using var authority = new TestCertificates();
        var now = TimeProvider.System.GetUtcNow();
        using var slapd = await Slapd.StartAsync(authority.Make("ldap.example.org", now.AddYears(-1), now.AddYears(1)));
        using var bare = await Slapd.StartAsync();
        await using var api = await ApiCaller.StartAsync();

        (await Test(api, "ldap://no-such-host.invalid")).ShouldBe(("connect-", "cannot resolve no-such-host.invalid"));
        (await Test(api, "ldap://127.0.0.1:1")).Message.ShouldStartWith("cannot reach 127.0.0.1:1");
        (await Test(api, bare.Plain)).ShouldBe(
            ("connect+ tls-", $"{bare.Plain[7..]} refused StartTLS (result 2: unsupported extended operation)")
        );
        (await Test(api, slapd.Plain, authority.Pem)).ShouldBe(
            (
                "connect+ certificate-",
                $"the certificate of {slapd.Plain[7..]} is for 'CN=ldap.example.org', not for 127.0.0.1"
            )
        );
        (
            await Test(api, slapd.Encrypted.Replace("ldaps", "ldap", StringComparison.Ordinal) + "?tls=0&timeout=1")
        ).Steps.ShouldEndWith("-");
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_changes_nothing()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Post("/ldap", ("url", "ldap://a"), ("dn", Slapd.Dn));

        foreach (
            var (name, value) in new[] { ("url", "http://a"), ("dn", "uid=admin"), ("filter", "(uid=%s)"), ("ca", "x") }
        )
        {
            var parameters = new Dictionary<string, string> { ["url"] = "ldap://b", ["dn"] = Slapd.Dn };
            parameters[name] = value;
            (await api.Post("/ldap", [.. parameters.Select(one => (one.Key, one.Value))])).ShouldBeError(
                HttpStatusCode.BadRequest,
                "bad-request"
            );
        }

        (await api.Get("/ldap")).Result.GetProperty("url").GetString().ShouldBe("ldap://a");
        await api.Post("/ldap", ("url", ""));
        (await api.Post("/ldap/test", ("username", "a"), ("password", "b"))).ShouldBeError(
            HttpStatusCode.NotFound,
            "not-found"
        );
    }

    [Fact]
    public async Task The_command_line_sets_shows_tries_and_ends_it()
    {
        using var slapd = await Slapd.StartAsync();
        using var folder = new TempFolder();
        var cli = PortalCli.On(folder.File("data"));

        (await cli.RunAsync(["ldap"], "")).Out.ShouldBe("no LDAP directory is set\n");
        (
            await cli.RunAsync(
                ["ldap", "--url", slapd.Plain + "?tls=0", "--dn", Slapd.Dn, "--filter", Slapd.Mathematicians],
                ""
            )
        ).Exit.ShouldBe(0);
        (await cli.RunAsync(["ldap"], "")).Out.ShouldBe(
            $"address: {slapd.Plain}?tls=0\nconnection string: {Slapd.Dn}\nfilter: {Slapd.Mathematicians}\nbind account: none, users are not looked up after their login\ncertificates: those this machine trusts\n"
        );
        (await cli.RunAsync(["ldap", "--json"], "")).Out.ShouldContain("\"filter\": \"dc=example,dc=com??one?");
        var right = await cli.RunAsync(["ldap", "--test", "gauss"], "password\n");
        (right.Exit, right.Out).ShouldBe((0, right.Out));
        right.Out.ShouldContain("search: ok: The filter finds an entry.");
        var wrong = await cli.RunAsync(["ldap", "--test", "tesla"], "password\n");
        wrong.Exit.ShouldBe(1);
        wrong.Out.ShouldContain("search: failed: The filter finds nothing");
        (await cli.RunAsync(["ldap", "--dn", "x"], "")).Exit.ShouldNotBe(0);
        (await cli.RunAsync(["ldap", "--off"], "")).Out.ShouldBe("no LDAP directory is set\n");
        (await cli.RunAsync(["ldap", "--test", "gauss"], "x\n")).Err.ShouldContain("no LDAP directory is set");
    }

    [Fact]
    public async Task The_command_line_asks_for_the_bind_accounts_password_and_shows_it_nowhere()
    {
        using var slapd = await Slapd.StartAsync();
        using var folder = new TempFolder();
        var cli = PortalCli.On(folder.File("data"));

        var set = await cli.RunAsync(
            [
                "ldap",
                "--url",
                slapd.Plain + "?tls=0",
                "--dn",
                Slapd.Dn,
                "--bind-dn",
                Slapd.BindDn,
                "--user-search",
                "dc=example,dc=com??sub?(uid=%s)",
            ],
            Slapd.BindPassword + "\n"
        );
        (set.Exit, set.Err).ShouldBe((0, ""));
        set.Out.ShouldContain($"bind account: {Slapd.BindDn}\nuser search: dc=example,dc=com??sub?(uid=%s)\n");
        (await cli.RunAsync(["ldap", "--test", "gauss"], "password\n")).Out.ShouldContain(
            "lookup: ok: The bind account finds this user."
        );
        (await cli.RunAsync(["ldap", "--json"], "")).Out.ShouldNotContain("assword");
        (await cli.RunAsync(["ldap", "--filter", "dc=example,dc=com??sub?(uid=%s)"], "")).Out.ShouldContain(
            $"bind account: {Slapd.BindDn}\n",
            customMessage: "what is not named stays"
        );
        (await cli.RunAsync(["ldap", "--url", "ldap://elsewhere.example"], "")).Err.ShouldContain(
            "none is stored for this name and address"
        );
        (await cli.RunAsync(["ldap", "--bind-dn", ""], "")).Out.ShouldContain("bind account: none");
        (await cli.RunAsync(["ldap", "--url", slapd.Plain, "--bind-dn", "x"], "")).Err.ShouldContain(
            "no password on standard input"
        );
    }

    private static async Task<(string Steps, string Message)> Test(ApiCaller api, string url, string? ca = null)
    {
        (string, string)[] parameters =
        [
            ("username", "gauss"),
            ("password", "password"),
            ("url", url),
            ("dn", Slapd.Dn),
            .. ca is null ? [] : new[] { ("ca", ca) },
        ];
        var answer = await api.Post("/ldap/test", parameters);
        return (Steps(answer), answer.Result.EnumerateArray().Last().GetProperty("message").GetString()!);
    }

    private static string Steps(ApiAnswer answer) =>
        string.Join(
            ' ',
            answer
                .Result.EnumerateArray()
                .Select(step =>
                    step.GetProperty("step").GetString() + (step.GetProperty("ok").GetBoolean() ? "+" : "-")
                )
        );
}
