using System.Net;
using EPortal.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>The console's pages of accounts.</summary>
public sealed class UserPageTests
{
    private const string Other = "another password";

    [Fact]
    public async Task The_list_tells_where_accounts_come_from_and_what_they_have()
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Users.Enter(
            TestPortal.Admin,
            new ExternalIdentity("ldap:gauss", "gauss", "ldap", "LDAP")
        );
        await visitors.Portal.Portal.Users.Enter(
            TestPortal.Admin,
            new ExternalIdentity("sso:https://id.example.com 1", "euler", "id.example.com", "SSO")
        );
        await visitors.Portal.Portal.ApiKeys.Make(TestPortal.Admin, "gauss", "x", null);

        var page = await visitors.Admin.TextAsync("/admin/users");

        RowOf(page, "gauss").ShouldContain("<td>LDAP</td>");
        RowOf(page, "gauss").ShouldContain("href=\"/admin/api-keys?user=gauss\">1<");
        RowOf(page, "euler").ShouldContain("<td>SSO</td>");
        RowOf(page, ApiCaller.Reader).ShouldContain("readonly");
        RowOf(page, ApiCaller.Reader).ShouldContain("href=\"/admin/sessions?user=rob\">1<");
        RowOf(page, ApiCaller.Admin).ShouldContain("<td>local</td>");
        var found = await visitors.Admin.TextAsync("/admin/users?search=GAU");
        RowOf(found, "gauss").ShouldNotBeEmpty();
        found.ShouldNotContain(">euler</th>");
    }

    [Theory]
    [InlineData("/admin/user")]
    [InlineData("/admin/user/")]
    public async Task The_old_address_leads_to_the_list(string path)
    {
        await using var visitors = await Visitors.StartAsync();
        using var answer = await visitors.Reader.GetAsync(path);

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.ToString().ShouldBe("/admin/users");
    }

    [Fact]
    public async Task A_list_has_pages()
    {
        await using var visitors = await Visitors.StartAsync();
        for (var number = 0; number < 51; number++)
            await visitors.Portal.Portal.Users.Enter(
                TestPortal.Admin,
                new ExternalIdentity($"ldap:u{number:00}", $"u{number:00}", "ldap", "one of many")
            );

        var first = await visitors.Admin.TextAsync("/admin/users?search=many");
        first.ShouldContain("1 to 50 of 51");
        first.ShouldNotContain(">u50</th>");
        first.ShouldContain("href=\"/admin/users?search=many&amp;offset=50\"");
        (await visitors.Admin.TextAsync("/admin/users?search=many&offset=50")).ShouldContain(">u50</th>");
    }

    [Fact]
    public async Task A_user_is_made_and_can_log_in()
    {
        await using var visitors = await Visitors.StartAsync(settings => settings with { AuthPasswordMinLength = 9 });

        (await visitors.Admin.TextAsync("/admin/new-user")).ShouldContain("At least 9 characters.");
        (
            await visitors.Done(
                "/admin/new-user",
                ("username", "eve"),
                ("password", Other),
                ("description", "x"),
                ("readonly", "true")
            )
        ).ShouldContain("User eve was added as readonly.");
        await visitors.Done("/admin/new-user", ("username", "mia"), ("password", Other));

        using var browser = new Browser(visitors.Portal);
        (await browser.LogInAsync("eve", Other)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        Get(visitors, "eve").IsAdmin.ShouldBeFalse();
        Get(visitors, "mia").IsAdmin.ShouldBeTrue();
    }

    [Theory]
    [InlineData("/admin/new-user", "rob", Other, "user 'rob' already exists")]
    [InlineData("/admin/new-user", "eve", "shor", "invalid password: use 5 to 1024 characters")]
    [InlineData("/admin/new-user", "eve", "", "a new user needs a password")]
    [InlineData("/admin/new-user", "a/b", Other, "spaces, slashes and line breaks are not allowed")]
    [InlineData("/admin/new-user", "..", Other, ". and .. are not allowed")]
    [InlineData("/admin/new-user", "portal", Other, "is reserved")]
    [InlineData("/admin/users/rob", "", "shor", "invalid password: use 5 to 1024 characters")]
    public async Task What_cannot_be_is_refused_and_the_password_not_given_back(
        string path,
        string name,
        string password,
        string sentence
    )
    {
        await using var visitors = await Visitors.StartAsync();

        var page = await visitors.Refused(
            path,
            ("username", name),
            ("password", password),
            ("description", "as typed"),
            ("readonly", "true"),
            ("was_readonly", "true")
        );

        page.ShouldContain(sentence);
        page.ShouldContain("value=\"as typed\"");
        if (password.Length > 0)
            page.ShouldNotContain($"value=\"{password}\"");
    }

    [Fact]
    public async Task Role_and_password_are_changed_and_end_the_sessions()
    {
        await using var visitors = await Visitors.StartAsync();

        await visitors.Done(
            "/admin/users/rob",
            ("description", "promoted"),
            ("was_readonly", "true"),
            ("password", Other)
        );

        Get(visitors, "rob").ShouldBe(Get(visitors, "rob") with { IsAdmin = true, Description = "promoted" });
        (await visitors.Reader.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
        (await visitors.Reader.LogInAsync("rob", Other)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_role_that_was_not_touched_stays_as_somebody_else_set_it()
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Users.Add(TestPortal.Admin, "eve", new UserSettings(Other, IsAdmin: true));
        // The page was shown while eve was an admin.
        await visitors.Portal.Portal.Users.Update(TestPortal.Admin, "eve", new UserSettings(IsAdmin: false));

        await visitors.Done("/admin/users/eve", ("description", "x"), ("was_readonly", "false"));

        Get(visitors, "eve").IsAdmin.ShouldBeFalse();
    }

    [Fact]
    public async Task The_last_admin_stays()
    {
        await using var visitors = await Visitors.StartAsync();

        (await visitors.Refused("/admin/users/ada", ("readonly", "true"), ("was_readonly", "false"))).ShouldContain(
            "cannot demote the last admin"
        );
        (await visitors.Refused("/admin/users/ada/delete", ("sure", "true"))).ShouldContain(
            "cannot delete the last admin"
        );
        Get(visitors, "ada").IsAdmin.ShouldBeTrue();
    }

    [Fact]
    public async Task A_deletion_wants_to_be_meant()
    {
        await using var visitors = await Visitors.StartAsync();

        (await visitors.Refused("/admin/users/rob/delete")).ShouldContain("confirm the deletion");
        (await visitors.Done("/admin/users/rob/delete", ("sure", "true"))).ShouldContain("User rob was deleted.");

        visitors.Portal.Portal.Users.FindOrNull("rob").ShouldBeNull();
        (await visitors.Admin.StatusAsync("/admin/users/rob")).ShouldBe(HttpStatusCode.NotFound);
        (await visitors.Reader.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Whose_password_is_kept_elsewhere_gets_none_here()
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Users.Enter(
            TestPortal.Admin,
            new ExternalIdentity("ldap:gauss", "gauss", "ldap", "LDAP")
        );

        (await visitors.Admin.TextAsync("/admin/users/gauss")).ShouldNotContain("type=\"password\"");
        await visitors.Done("/admin/users/gauss", ("password", Other), ("readonly", "true"), ("was_readonly", "true"));

        visitors.Portal.Portal.Users.CredentialOrNull("gauss")!.Hash.ShouldBeNull();
    }

    [Fact]
    public async Task Names_and_descriptions_are_shown_encoded_and_lead_to_their_page()
    {
        await using var visitors = await Visitors.StartAsync();
        foreach (var name in new[] { "<script>", "a?b#c%2Fd", "\"'&é", "a\\b" })
        {
            await visitors.Portal.Portal.Users.Add(
                TestPortal.Admin,
                name,
                new UserSettings(Other, IsAdmin: false, string.Join(' ', Visitors.Hostile))
            );
            (
                await visitors.Done(
                    $"/admin/users/{Uri.EscapeDataString(name)}",
                    ("description", string.Join(' ', Visitors.Hostile)),
                    ("readonly", "true"),
                    ("was_readonly", "true")
                )
            ).ShouldContain("was changed");
            foreach (
                var page in new[]
                {
                    await visitors.Reader.TextAsync("/admin/users"),
                    await visitors.Admin.TextAsync($"/admin/users/{Uri.EscapeDataString(name)}"),
                }
            )
                Visitors.ShouldShowEncoded(page, string.Join(' ', Visitors.Hostile));
        }
    }

    [Fact]
    public async Task A_reader_sees_users_and_changes_nothing()
    {
        await using var visitors = await Visitors.StartAsync();

        Visitors.ShouldChangeNothing(await visitors.Reader.TextAsync("/admin/users/ada"));
        Visitors.ShouldChangeNothing(await visitors.Reader.TextAsync("/admin/new-user"));
        var list = await visitors.Reader.TextAsync("/admin/users");
        list.ShouldNotContain("/admin/new-user");
        list.ShouldNotContain("/admin/sessions?user=ada");
    }

    private static User Get(Visitors visitors, string name) => visitors.Portal.Portal.Users.FindOrNull(name)!;

    private static string RowOf(string page, string user) =>
        page.Split("<tr").Single(row => row.Contains($">{user}</th>", StringComparison.Ordinal));
}
