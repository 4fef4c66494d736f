using System.Net;
using EPortal.Accounts.Ldap;
using EPortal.Tests.Agents;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts.Ldap;

/// <summary>The console's page of the directory.</summary>
public sealed class LdapPageTests
{
    private const string Url = "ldap://ldap.example.com?tls=0&timeout=30";

    [Fact]
    public async Task It_is_set_shown_and_switched_off()
    {
        await using var visitors = await Visitors.StartAsync();
        using var authority = new TestCertificates();

        await visitors.Done(
            "/admin/ldap",
            ("url", Url),
            ("dn", Slapd.Dn),
            ("filter", Slapd.Mathematicians),
            ("ca", authority.Pem.ReplaceLineEndings("\r\n"))
        );

        Set(visitors)
            .ShouldBe(
                new LdapSettings(Url, Slapd.Dn, Slapd.Mathematicians, authority.Pem.ReplaceLineEndings("\n").Trim())
            );
        var page = WebUtility.HtmlDecode(await visitors.Admin.TextAsync("/admin/ldap"));
        page.ShouldContain($"value=\"{Url}\"");
        page.ShouldContain($"value=\"{Slapd.Mathematicians}\"");
        page.ShouldContain(authority.Pem.ReplaceLineEndings("\n").Trim());
        (await visitors.Refused("/admin/ldap/off")).ShouldContain("was not switched off");
        Set(visitors).ShouldNotBeNull();
        (await visitors.Done("/admin/ldap/off", ("sure", "true"))).ShouldContain("LDAP was switched off.");
        Set(visitors).ShouldBeNull();
    }

    [Theory]
    [InlineData("", Slapd.Dn, "", "", "invalid LDAP address: use ldap://HOST")]
    [InlineData("http://a", Slapd.Dn, "", "", "invalid LDAP address: use ldap://HOST")]
    [InlineData("ldap://a", "uid=admin", "", "", "The connection string needs %s")]
    [InlineData("ldap://a", Slapd.Dn, "(uid=%s)", "", "invalid LDAP filter: use BASE")]
    [InlineData("ldap://a", Slapd.Dn, "", "x", "no certificate in PEM")]
    public async Task What_cannot_be_is_refused_with_the_form_as_it_was(
        string url,
        string dn,
        string filter,
        string ca,
        string sentence
    )
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Ldap.Save(TestPortal.Admin, new LdapSettings(Url, Slapd.Dn));

        foreach (var path in new[] { "/admin/ldap", "/admin/ldap/test" })
        {
            var page = await visitors.Refused(
                path,
                ("url", url),
                ("dn", dn),
                ("filter", filter),
                ("ca", ca),
                ("username", "gauss"),
                ("password", "x")
            );
            page.ShouldContain(sentence);
            page.ShouldContain($"value=\"{dn}\"");
        }

        Set(visitors).ShouldBe(new LdapSettings(Url, Slapd.Dn));
    }

    [Theory]
    [InlineData("gauss", Slapd.Password, "Connection worked Encryption worked Name and password worked Filter worked")]
    [InlineData("tesla", Slapd.Password, "Connection worked Encryption worked Name and password worked Filter failed")]
    [InlineData("gauss", "a wrong secret", "Connection worked Encryption worked Name and password failed")]
    public async Task A_test_says_step_by_step_what_came_of_what_stands_in_the_form(
        string user,
        string password,
        string steps
    )
    {
        using var slapd = await Slapd.StartAsync();
        await using var visitors = await Visitors.StartAsync();

        using var answer = await visitors.Admin.PostAsync(
            "/admin/ldap/test",
            ("url", slapd.Plain + "?tls=0"),
            ("dn", Slapd.Dn),
            ("filter", Slapd.Mathematicians),
            ("username", user),
            ("password", password)
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var page = WebUtility.HtmlDecode(await Visitors.TextOf(answer));
        StepsOf(page).ShouldBe(steps);
        page.ShouldContain($"value=\"{slapd.Plain}?tls=0\"");
        page.ShouldContain("The connection is not encrypted");
        page.ShouldNotContain($"value=\"{password}\"");
        page.ShouldNotContain("a wrong secret");
        visitors.Portal.Log.ShouldNotContain(line => line.Contains("a wrong secret", StringComparison.Ordinal));
        Set(visitors).ShouldBeNull();
        visitors.Portal.Portal.Users.List().Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_test_needs_somebody_to_try()
    {
        await using var visitors = await Visitors.StartAsync();

        (
            await visitors.Refused("/admin/ldap/test", ("url", Url), ("dn", Slapd.Dn), ("username", "gauss"))
        ).ShouldContain("enter a user name and password for the test");
        (await visitors.Refused("/admin/ldap/test", ("url", Url), ("dn", Slapd.Dn), ("password", "x"))).ShouldContain(
            "enter a user name and password"
        );
    }

    [Fact]
    public async Task What_was_typed_and_what_a_directory_answers_are_shown_encoded()
    {
        await using var visitors = await Visitors.StartAsync();
        foreach (var text in Visitors.Hostile)
        {
            using var answer = await visitors.Admin.PostAsync(
                "/admin/ldap/test",
                ("url", text),
                ("dn", text),
                ("filter", text),
                ("ca", text),
                ("username", text),
                ("password", "x")
            );
            Visitors.ShouldShowEncoded(await Visitors.TextOf(answer), text);
        }
    }

    [Fact]
    public async Task A_reader_sees_the_settings_and_changes_nothing()
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Ldap.Save(TestPortal.Admin, new LdapSettings(Url, Slapd.Dn));

        var page = await visitors.Reader.TextAsync("/admin/ldap");

        WebUtility.HtmlDecode(page).ShouldContain(Url);
        Visitors.ShouldChangeNothing(page);
    }

    private static LdapSettings? Set(Visitors visitors) => visitors.Portal.Portal.Ldap.SettingsOrNull();

    /// <summary>The steps of a test in the words of the page.</summary>
    private static string StepsOf(string page) =>
        string.Join(
            ' ',
            page.Split("<strong>")
                .Skip(1)
                .Select(part => part.Split(["</strong>: ", "."], StringSplitOptions.None))
                .Where(parts => parts is [_, "worked" or "failed", ..])
                .Select(parts => $"{parts[0]} {parts[1]}")
        );
}
