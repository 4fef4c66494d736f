using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>
/// C28: what browsers are told with every page, and the right behaviour behind a balancer that ends TLS.
/// </summary>
[Trait("threat", "C28")]
public sealed class SecurityHeaderTests
{
    public static TheoryData<string> Pages =>
        [
            .. ConsoleRoutesTable
                .Lines.Where(line => line.Method == "GET")
                .Select(line =>
                    line.Path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)
                ),
        ];

    [Theory]
    [MemberData(nameof(Pages))]
    [InlineData("/admin/login")]
    [InlineData("/admin/nothing")]
    [InlineData("/admin/api/feeds")]
    [InlineData("/admin/api/openapi.json")]
    [InlineData("/admin/api/nothing")]
    [InlineData("/admin/api/kcare/nagios/k")]
    [InlineData("/admin/api/kcare/patchset.json?key=k")]
    public async Task Every_answer_under_admin_says_so(string path)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        (await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password)).Dispose();

        using var answer = await browser.GetAsync(path);

        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("default-src 'none'");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldNotContain("unsafe");
        answer.Headers.GetValues("X-Frame-Options").Single().ShouldBe("DENY");
        answer.Headers.GetValues("X-Content-Type-Options").Single().ShouldBe("nosniff");
        answer.Headers.GetValues("Referrer-Policy").Single().ShouldBe("same-origin");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("https", true)]
    public async Task The_cookie_is_for_this_site_no_script_and_under_TLS_for_TLS_alone(string? forwarded, bool secure)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        browser.Origin = browser.Origin!.Replace("http", forwarded ?? "http", StringComparison.Ordinal);

        using var login = await browser.SendAsync(
            HttpMethod.Post,
            "/admin/login",
            [("username", ApiCaller.Admin), ("password", ApiCaller.Password)],
            forwarded is null ? [] : [("X-Forwarded-Proto", forwarded)]
        );

        var cookie = login.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldContain("; path=/; ");
        cookie.ShouldContain("samesite=lax");
        cookie.ShouldContain("httponly");
        cookie.Contains("secure", StringComparison.Ordinal).ShouldBe(secure);
    }

    [Fact]
    public async Task What_a_stranger_forwards_is_not_believed()
    {
        await using var api = await ApiCaller.StartAsync(settings => settings with { TrustedProxies = [] });
        using var browser = new Browser(api.Portal);

        using var login = await browser.SendAsync(
            HttpMethod.Post,
            "/admin/login",
            [("username", ApiCaller.Admin), ("password", ApiCaller.Password)],
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-For", "192.0.2.9")
        );

        login.Headers.GetValues("Set-Cookie").Single().ShouldNotContain("secure");
        api.Portal.Portal.Sessions.List(null).Single().Address.ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task Behind_a_balancer_a_sign_on_comes_back_to_the_outer_address()
    {
        await using var api = await ApiCaller.StartAsync(settings =>
            settings with
            {
                OidcAuthUrl = new Uri("https://id.example.com/auth"),
                OidcTokenUrl = new Uri("https://id.example.com/token"),
                OidcUserinfoUrl = new Uri("https://id.example.com/me"),
                OidcClientId = "eportal",
                OidcClientSecret = "secret",
            }
        );

        using var answer = await api.Portal.GetAsync(
            "/admin/sso/login",
            headers: headers =>
            {
                headers.Host = "portal.example.com";
                headers.Add("X-Forwarded-Proto", "https");
            }
        );

        answer.Headers.Location!.Query.ShouldContain(
            "redirect_uri=https%3A%2F%2Fportal.example.com%2Fadmin%2Fsso%2Flogin%2Fcallback"
        );
    }

    [Theory]
    [InlineData("portal.example.com", true)]
    [InlineData("PORTAL.example.com:8443", true)]
    [InlineData("x.portal.example.com", false)]
    [InlineData("evil.example", false)]
    public async Task Only_allowed_hosts_are_answered(string host, bool allowed)
    {
        await using var api = await ApiCaller.StartAsync(settings =>
            settings with
            {
                AllowedHosts = ["portal.example.com"],
            }
        );

        foreach (var path in new[] { "/admin/login", "/admin/api/openapi.json", "/healthz" })
        {
            var answer = await RawHttp.SendAsync(
                api.Portal.Address,
                System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            );
            answer.Status.ShouldBe(allowed ? 200 : 400, path);
        }
    }
}
