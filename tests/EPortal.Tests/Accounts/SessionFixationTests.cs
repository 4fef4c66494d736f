using System.Net;
using EPortal.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>C22: sessions that should be void, and identities from elsewhere that bear a local name.</summary>
[Trait("threat", "C22")]
public sealed class SessionFixationTests
{
    [Fact]
    public async Task A_login_makes_a_new_session_and_ends_the_one_before()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Reader, ApiCaller.Password);
        var before = browser.Token!;

        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);

        browser.Token.ShouldNotBe(before);
        (await api.Portal.Portal.Sessions.UseOrNull(before)).ShouldBeNull();
        (await browser.TextAsync("/admin")).ShouldContain("ada");
    }

    [Fact]
    public async Task A_session_that_an_attacker_planted_is_not_taken_over()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        var planted = new string('A', 43);
        browser.Cookies.Add(new Cookie("eportal_session", planted, "/", "127.0.0.1"));

        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);

        browser.Token.ShouldNotBe(planted);
        (await api.Portal.Portal.Sessions.UseOrNull(planted)).ShouldBeNull();
    }

    [Fact]
    public async Task After_a_logout_it_is_void()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        var token = browser.Token!;

        (await browser.PostStatusAsync("/admin/logout")).ShouldBe(HttpStatusCode.Redirect);

        browser.Token.ShouldBeNull();
        (await api.Portal.Portal.Sessions.UseOrNull(token)).ShouldBeNull();
    }

    [Theory]
    [InlineData("password")]
    [InlineData("demoted")]
    [InlineData("promoted")]
    [InlineData("demoted and promoted again")]
    [InlineData("deleted")]
    [InlineData("deleted and made again")]
    public async Task After_a_change_of_the_account_it_is_void(string what)
    {
        await using var api = await ApiCaller.StartAsync();
        var (users, name) = (api.Portal.Portal.Users, what == "promoted" ? ApiCaller.Reader : ApiCaller.Admin);
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(name, ApiCaller.Password);
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);

        await (
            what switch
            {
                "password" => users.Update(TestPortal.Admin, name, new UserSettings("another one")),
                "demoted" or "demoted and promoted again" => users.Update(
                    TestPortal.Admin,
                    name,
                    new UserSettings(IsAdmin: false)
                ),
                "promoted" => users.Update(TestPortal.Admin, name, new UserSettings(IsAdmin: true)),
                _ => users.Delete(TestPortal.Admin, name),
            }
        );
        if (what == "demoted and promoted again")
            await users.Update(TestPortal.Admin, name, new UserSettings(IsAdmin: true));
        if (what == "deleted and made again")
            await users.Add(TestPortal.Admin, name, new UserSettings(ApiCaller.Password, IsAdmin: true));

        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
        (await browser.StatusAsync("/admin/api/feeds")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_changed_description_ends_no_session()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);

        await api.Portal.Portal.Users.Update(
            TestPortal.Admin,
            ApiCaller.Admin,
            new UserSettings(Description: "on call", IsAdmin: true)
        );

        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Tokens_are_kept_as_hashes()
    {
        await using var api = await ApiCaller.StartAsync();
        var token = await api.Portal.Portal.Sessions.Open(TestPortal.Admin, ApiCaller.Admin, "password", "test");

        var kept = await File.ReadAllBytesAsync(
            Path.Combine(api.Portal.DataFolder, "eportal.sqlite-wal"),
            TestContext.Current.CancellationToken
        );

        System.Text.Encoding.Latin1.GetString(kept).ShouldNotContain(token);
    }

    [Fact]
    public async Task Somebody_from_elsewhere_with_a_local_name_is_somebody_else()
    {
        await using var api = await ApiCaller.StartAsync();
        var users = api.Portal.Portal.Users;
        var who = new ExternalIdentity("sso:https://id.example.com 42", ApiCaller.Admin, "id.example.com", "SSO");

        var entered = await users.Enter(TestPortal.Admin, who);

        entered.Name.ShouldBe("ada@id.example.com");
        entered.IsAdmin.ShouldBeFalse();
        entered.Id.ShouldNotBe(users.FindOrNull(ApiCaller.Admin)!.Id);
        (await users.Enter(TestPortal.Admin, who with { WantedName = "renamed" })).ShouldBe(entered);
    }

    [Fact]
    public async Task The_same_name_at_two_providers_is_two_people()
    {
        await using var api = await ApiCaller.StartAsync();
        var users = api.Portal.Portal.Users;

        var names = new List<string>();
        foreach (var key in new[] { "sso:https://a 1", "sso:https://b 1", "sso:https://a 2", "ldap:eve" })
            names.Add((await users.Enter(TestPortal.Admin, new ExternalIdentity(key, "eve", "id", "SSO"))).Name);

        names.ShouldBe(["eve", "eve@id", "eve@id.2", "eve@id.3"]);
    }

    [Theory]
    [InlineData("portal")]
    [InlineData("agent")]
    [InlineData("cli:root")]
    public async Task Nobody_passes_for_the_portal_or_the_command_line_in_the_user_log(string name)
    {
        await using var api = await ApiCaller.StartAsync();
        var who = new ExternalIdentity("sso:https://a 1", name, "id", "SSO");

        (await api.Portal.Portal.Users.Enter(new EPortal.Data.Actor(who.Name, "192.0.2.1"), who)).Name.ShouldBe(
            $"{name}@id"
        );
        (await api.Post("/users", ("username", name), ("password", ApiCaller.Password))).ShouldBeError(
            HttpStatusCode.BadRequest,
            "bad-request"
        );
    }

    [Fact]
    public async Task Nobody_logs_in_by_password_as_somebody_from_elsewhere()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.Portal.Users.Enter(
            TestPortal.Admin,
            new ExternalIdentity("sso:https://a 1", "eve", "id", "SSO")
        );
        using var browser = new Browser(api.Portal);

        foreach (var password in new[] { "", "eve", "no such user" })
            (await browser.LogInAsync("eve", password)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }
}
