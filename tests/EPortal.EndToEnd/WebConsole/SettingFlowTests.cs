using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>
/// Feeds, users, sessions, API keys, LDAP and the user log in the browser, at a agents and on a phone.
/// </summary>
public sealed class SettingFlowTests(SmallConsole console) : IClassFixture<SmallConsole>
{
    private const string Password = "a long password";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_feed_is_made_changed_and_deleted(bool phone)
    {
        await using var browser = await console.OpenAsync(phone);
        await browser.GoAsync("/admin/new-feed");
        await browser.Page.GetByLabel("Name").FillAsync("canary");
        await browser.Page.GetByLabel("Auto update").CheckAsync();
        await browser.PressAsync("Save");
        await browser.SaysAsync("Feed canary was added.");

        await browser.GoAsync("/admin/feeds/canary");
        await browser.Page.GetByLabel("Deploy after X hours").FillAsync("12");
        await browser.PressAsync("Save");
        await browser.SaysAsync("Feed canary was changed.");
        (await console.Site.DoAsync("feed", "--json")).ShouldMatch("\"canary\"[^}]*12");

        await DeleteAsync(browser, "/admin/feeds/canary", "Delete the feed");
        await browser.SaysAsync("Feed canary was deleted");
        browser.ShouldBeSound();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_user_is_made_made_admin_and_deleted_and_the_log_tells_of_it(bool phone)
    {
        var name = phone ? "eve" : "dan";
        await using var browser = await console.OpenAsync(phone);
        await browser.GoAsync("/admin/new-user");
        await browser.Page.GetByLabel("User name").FillAsync(name);
        await browser.Page.GetByLabel("Read-only").CheckAsync();
        await browser.Page.GetByLabel("Password").FillAsync(Password);
        await browser.PressAsync("Save");
        await browser.SaysAsync($"User {name} was added as readonly.");

        await browser.GoAsync($"/admin/users/{name}");
        await browser.Page.GetByLabel("Read-only").UncheckAsync();
        await browser.PressAsync("Save");
        await browser.SaysAsync($"User {name} was changed.");
        (await console.Site.DoAsync("user"))
            .Split('\n')
            .Single(line => line.Contains(name, StringComparison.Ordinal))
            .ShouldContain("admin");

        await DeleteAsync(browser, $"/admin/users/{name}", "Delete the user");
        await browser.SaysAsync($"User {name} was deleted.");

        await browser.GoAsync("/admin/log?action=user.delete");
        await Assertions.Expect(browser.Page.Locator("tbody tr", new() { HasTextString = name })).ToHaveCountAsync(1);
        (await browser.Page.Locator("tbody tr", new() { HasTextString = "user.add" }).CountAsync()).ShouldBe(0);
        browser.ShouldBeSound();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_API_key_is_shown_once_works_and_is_dead_when_revoked(bool phone)
    {
        var name = phone ? "backup" : "inventory";
        await using var browser = await console.OpenAsync(phone);
        await browser.GoAsync("/admin/api-keys");
        await browser.Page.GetByLabel("Name").FillAsync(name);
        await browser.PressAsync("Create the key");
        var key = (await browser.Page.Locator("#made").InnerTextAsync()).Trim();
        (await StatusAsync(key)).ShouldBe(200);

        await browser.GoAsync("/admin/api-keys");
        (await browser.Page.Locator("body").InnerTextAsync()).ShouldNotContain(key);
        await browser
            .Page.Locator("tbody tr", new() { HasTextString = name })
            .Locator("a[href*='/admin/api-keys/']")
            .First.ClickAsync();
        await browser.Page.GetByLabel($"Revoke {name} permanently").CheckAsync();
        await browser.PressAsync("Revoke the API key");
        await browser.SaysAsync($"API key {name} was revoked.");
        (await StatusAsync(key)).ShouldBe(401);
        browser.ShouldBeSound();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_that_is_ended_is_sent_to_the_login(bool phone)
    {
        await using var other = await console.Site.OpenAsync(ConsoleSite.Reader);
        await using var browser = await console.OpenAsync(phone);
        await browser.GoAsync("/admin/sessions");
        browser.Page.Dialog += (_, dialog) => dialog.AcceptAsync();
        await browser
            .Page.Locator("tbody tr", new() { HasTextString = ConsoleSite.Reader })
            .GetByRole(AriaRole.Button)
            .First.ClickAsync();
        await browser.SaysAsync("The session was ended.");

        await other.Page.GotoAsync("/admin/keys");

        other.Page.Url.ShouldContain("/admin/login");
        browser.ShouldBeSound();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_directory_is_tried_set_and_switched_off(bool phone)
    {
        await using var browser = await console.OpenAsync(phone);
        await browser.GoAsync("/admin/ldap");
        await browser.Page.GetByLabel("URL").FillAsync("ldap://127.0.0.1:1?tls=0&timeout=1");
        await browser.Page.GetByLabel("Connection string").FillAsync("uid=%s,dc=example,dc=com");
        await browser.Page.GetByLabel("User name").FillAsync("gauss");
        await browser.Page.GetByLabel("Password", new() { Exact = true }).FillAsync(Password);
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Test login" }).ClickAsync();
        await Assertions.Expect(browser.Page.Locator("main")).ToContainTextAsync("127.0.0.1:1");
        (await browser.Page.ContentAsync()).ShouldNotContain(Password);
        (await browser.Page.GetByLabel("URL").InputValueAsync()).ShouldStartWith("ldap://127.0.0.1:1");

        await browser.PressAsync("Save");
        await browser.SaysAsync("The LDAP settings were saved.");
        await browser.Page.GetByLabel("Switch LDAP off and delete these settings").CheckAsync();
        await browser.PressAsync("Switch LDAP off");
        await browser.SaysAsync("LDAP was switched off.");
        (await browser.Page.GetByLabel("URL").InputValueAsync()).ShouldBe("");
        browser.ShouldBeSound();
    }

    private static async Task DeleteAsync(ConsoleBrowser browser, string path, string title)
    {
        await browser.GoAsync(path);
        await browser.Page.Locator("input[name=sure]").CheckAsync();
        await browser.PressAsync(title);
    }

    private async Task<int> StatusAsync(string key)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{console.Site.Address}/admin/api/feeds");
        request.Headers.Add("X-Api-Key", key);
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }
}
