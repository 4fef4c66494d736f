using System.Net;
using EPortal.Hosting;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>Logging in by the page, and the sessions that this makes.</summary>
public sealed class LoginTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_login_opens_a_session_that_the_pages_and_the_api_know()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);

        using var login = await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);

        login.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        login.Headers.Location!.ToString().ShouldBe("/admin");
        (await browser.TextAsync("/admin")).ShouldContain("<strong>ada</strong> (admin)");
        (await browser.StatusAsync("/admin/api/users")).ShouldBe(HttpStatusCode.OK);
        (await browser.PostStatusAsync("/admin/api/feeds", ("name", "test"))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_a_session_a_page_leads_to_the_login_and_back()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);

        using var away = await browser.GetAsync("/admin?tab=1");
        away.Headers.Location!.ToString().ShouldBe("/admin/login?next=%2Fadmin%3Ftab%3D1");
        (await browser.TextAsync(away.Headers.Location.ToString())).ShouldContain(
            "name=\"next\" value=\"/admin?tab=1\""
        );
        using var back = await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password, "/admin?tab=1");
        back.Headers.Location!.ToString().ShouldBe("/admin?tab=1");
    }

    [Fact]
    public async Task A_session_outlives_a_restart()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);

        await using var portal = Portal.Open(api.Portal.Portal.Settings, api.Portal.Time);
        await using var app = WebPortal.Build(portal);
        await app.StartAsync(Cancellation);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        http.DefaultRequestHeaders.Add("Cookie", $"eportal_session={browser.Token}");

        (await http.GetStringAsync("/admin", Cancellation)).ShouldContain("<strong>ada</strong>");
    }

    [Fact]
    public async Task A_lifetime_counts_from_the_login()
    {
        await using var api = await ApiCaller.StartAsync(settings =>
            settings with
            {
                AuthSessionLifetime = TimeSpan.FromHours(1),
            }
        );
        using var browser = new Browser(api.Portal);
        using var login = await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        login.Headers.GetValues("Set-Cookie").Single().ShouldContain("max-age=3600");

        api.Portal.Time.Advance(TimeSpan.FromMinutes(59));
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
        api.Portal.Time.Advance(TimeSpan.FromMinutes(1));
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_refreshed_lifetime_counts_from_the_last_use()
    {
        await using var api = await ApiCaller.StartAsync(settings =>
            settings with
            {
                AuthSessionLifetime = TimeSpan.FromHours(1),
                AuthRefreshSession = true,
            }
        );
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);

        for (var use = 0; use < 5; use++)
        {
            api.Portal.Time.Advance(TimeSpan.FromMinutes(55));
            (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
        }

        api.Portal.Time.Advance(TimeSpan.FromMinutes(61));
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_refreshed_lifetime_is_told_to_the_browser_too_but_not_with_every_request()
    {
        await using var api = await ApiCaller.StartAsync(settings =>
            settings with
            {
                AuthSessionLifetime = TimeSpan.FromHours(1),
                AuthRefreshSession = true,
            }
        );
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        var token = browser.Token;

        (await Cookies(browser, "/admin")).ShouldBeEmpty();
        foreach (var path in new[] { "/admin", "/admin/servers", "/admin/api/feeds" })
        {
            api.Portal.Time.Advance(TimeSpan.FromMinutes(30));
            (await Cookies(browser, EPortal.WebConsole.ConsoleAssets.Styles)).ShouldBeEmpty();
            (await Cookies(browser, path)).Single().ShouldContain("max-age=3600");
            (await Cookies(browser, path)).ShouldBeEmpty();
        }

        browser.Token.ShouldBe(token);
        api.Portal.Time.Advance(TimeSpan.FromMinutes(30));
        (await browser.PostStatusAsync("/admin/logout")).ShouldBe(HttpStatusCode.Redirect);
        browser.Token.ShouldBeNull();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_lifetime_that_is_not_refreshed_is_told_once(bool hasLifetime, bool isRefreshed)
    {
        await using var api = await ApiCaller.StartAsync(settings =>
            settings with
            {
                AuthSessionLifetime = hasLifetime ? TimeSpan.FromHours(1) : null,
                AuthRefreshSession = isRefreshed,
            }
        );
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);

        api.Portal.Time.Advance(TimeSpan.FromMinutes(30));

        (await Cookies(browser, "/admin")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/admin/\u00e9", "/admin/%C3%A9")]
    [InlineData("/admin/users/m\u00fcller?q=\u00df", "/admin/users/m%C3%BCller?q=%C3%9F")]
    [InlineData("/admin/%C3%A9", "/admin/%C3%A9")]
    [InlineData("/admin/x\ud83d\ude00", "/admin/x%F0%9F%98%80")]
    [InlineData("/admin/a b", "/admin/a%20b")]
    [InlineData("/admin/servers?q=a//b", "/admin/servers?q=a//b")]
    public async Task A_login_leads_to_any_page_of_the_console(string next, string location)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);

        using var login = await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password, next);
        login.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        login.Headers.GetValues("Location").Single().ShouldBe(location);
        using var theme = await browser.PostAsync("/admin/theme", ("theme", "dark"), ("next", next));
        theme.Headers.GetValues("Location").Single().ShouldBe(location);
        using var columns = await browser.PostAsync("/admin/servers/columns", ("column", "kernel"), ("next", next));
        columns.Headers.GetValues("Location").Single().ShouldBe(location);
    }

    [Fact]
    public async Task A_session_that_ended_is_said_so_on_the_login_page()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        await api.Portal.Portal.Sessions.EndOthers(TestPortal.Admin, ApiCaller.Admin, "");

        using var away = await browser.GetAsync("/admin/servers");

        away.Headers.Location!.ToString().ShouldBe("/admin/login?next=%2Fadmin%2Fservers&problem=ended");
        (await browser.TextAsync(away.Headers.Location.ToString())).ShouldContain("Your session has ended.");
    }

    [Fact]
    public async Task Without_a_lifetime_it_is_the_browsers_and_forgotten_a_week_after_its_last_use()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        using var login = await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        login.Headers.GetValues("Set-Cookie").Single().ShouldNotContain("max-age");
        login.Headers.GetValues("Set-Cookie").Single().ShouldNotContain("expires");

        api.Portal.Time.Advance(TimeSpan.FromDays(6));
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
        api.Portal.Time.Advance(TimeSpan.FromDays(7));
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Sessions_are_listed_and_ended_by_their_owner_and_by_admins()
    {
        await using var api = await ApiCaller.StartAsync();
        using var ada = new Browser(api.Portal);
        using var rob = new Browser(api.Portal);
        await ada.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        await rob.LogInAsync(ApiCaller.Reader, ApiCaller.Password);

        var all = (await api.Get("/sessions")).Result.EnumerateArray().ToList();
        all.Select(one => one.GetProperty("user").GetString())
            .ShouldBe([ApiCaller.Reader, ApiCaller.Admin], ignoreOrder: true);
        all.ShouldAllBe(one =>
            one.GetProperty("agent").GetString() == "Browser/1.0"
            && one.GetProperty("address").GetString() == "127.0.0.1"
        );
        var own = (await api.Call("GET", "/sessions", Carrier.Query, ApiCaller.Reader))
            .Result.EnumerateArray()
            .ToList();
        own.Count.ShouldBe(1);
        var (robs, adas) = (
            own[0].GetProperty("id").GetString(),
            all.Single(one => one.GetProperty("user").GetString() == ApiCaller.Admin).GetProperty("id").GetString()
        );
        (await rob.TextAsync("/admin/api/sessions")).ShouldContain("\"current\":true");

        (await api.Call("DELETE", $"/sessions/{adas}", Carrier.Query, ApiCaller.Reader)).Result.GetInt32().ShouldBe(0);
        (await ada.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
        (await api.Delete($"/sessions/{robs}")).Result.GetInt32().ShouldBe(1);
        (await rob.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
        (await api.Delete($"/sessions/{robs}")).Result.GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task Of_too_many_sessions_the_one_used_longest_ago_goes()
    {
        await using var api = await ApiCaller.StartAsync();
        var tokens = new List<string>();
        for (var number = 0; number < 101; number++)
        {
            tokens.Add(await api.Portal.Portal.Sessions.Open(TestPortal.Admin, ApiCaller.Reader, "password", "test"));
            api.Portal.Time.Advance(TimeSpan.FromSeconds(1));
        }

        (await api.Portal.Portal.Sessions.UseOrNull(tokens[0])).ShouldBeNull();
        (await api.Portal.Portal.Sessions.UseOrNull(tokens[1])).ShouldNotBeNull();
        api.Portal.Portal.Sessions.List(ApiCaller.Reader).Count.ShouldBe(100);
    }

    [Fact]
    public async Task What_has_ended_is_cleared_away_at_the_next_login()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.Portal.Sessions.Open(TestPortal.Admin, ApiCaller.Reader, "password", "test");
        api.Portal.Time.Advance(TimeSpan.FromDays(8));

        await api.Portal.Portal.Sessions.Open(TestPortal.Admin, ApiCaller.Admin, "password", "test");

        Rows.Count(api.Portal, "login_session").ShouldBe(1);
    }

    private static async Task<IReadOnlyList<string>> Cookies(Browser browser, string path)
    {
        using var answer = await browser.GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? [.. cookies] : [];
    }

    [Fact]
    public async Task Logins_stand_in_the_user_log()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        await browser.PostStatusAsync("/admin/logout");

        var log = (await api.Get("/user-log", ("user", ApiCaller.Admin))).Result;
        log.EnumerateArray().Select(line => line.GetProperty("action").GetString()).ShouldBe(["logout", "login"]);
        log[0].GetProperty("address").GetString().ShouldBe("127.0.0.1");
    }
}
