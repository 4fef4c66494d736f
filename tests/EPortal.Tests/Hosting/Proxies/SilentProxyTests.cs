using System.Net;
using EPortal.Hosting;
using EPortal.Hosting.Proxies;
using EPortal.Tests.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting.Proxies;

/// <summary>C19: behind a balancer that sends Host and X-Forwarded-Proto alone every caller has one address.</summary>
[Trait("threat", "C19")]
public sealed class SilentProxyTests
{
    private const int Allowed = 10;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Wrong_passwords_of_anybody_hold_up_nobody_else()
    {
        await using var api = await ApiCaller.StartAsync();
        for (var number = 0; number <= Allowed; number++)
            (await Try(api, $"user{number}", "wrong")).ShouldBe(HttpStatusCode.Unauthorized);

        (await Try(api, ApiCaller.Admin, ApiCaller.Password)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_account_is_guessed_at_no_faster()
    {
        await using var api = await ApiCaller.StartAsync();
        for (var number = 0; number < Allowed; number++)
            (await Try(api, ApiCaller.Reader, $"wrong{number}")).ShouldBe(HttpStatusCode.Unauthorized);

        (await Try(api, ApiCaller.Reader, "wrong")).ShouldBe(HttpStatusCode.TooManyRequests);
        api.Portal.Time.Advance(TimeSpan.FromSeconds(10));
        (await Try(api, ApiCaller.Reader, ApiCaller.Password)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_only_claims_to_be_a_proxy_is_counted_by_address_all_the_same()
    {
        await using var api = await ApiCaller.StartAsync();
        for (var number = 0; number < Allowed; number++)
            (await Try(api, $"user{number}", "wrong", "192.0.2.9")).ShouldBe(HttpStatusCode.Unauthorized);

        (await Try(api, "another", "wrong", "192.0.2.9")).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Forwarded-Host", "portal.example.com")]
    [InlineData("Forwarded", "proto=https")]
    [InlineData("Via", "1.1 balancer")]
    [InlineData("X-Eportal-Proto", "https")]
    public async Task Metrics_are_closed(string header, string value)
    {
        await using var portal = await TestPortal.StartAsync();

        using var proxied = await portal.GetAsync("/metrics", headers: headers => headers.Add(header, value));
        using var local = await portal.GetAsync("/metrics");

        proxied.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        local.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("127.0.0.0/8", "", "without X-Forwarded-For")]
    [InlineData("10.0.0.0/8", "", "which is not in TRUSTED_PROXIES")]
    [InlineData("127.0.0.0/8", "192.0.2.9", null)]
    [InlineData("127.0.0.0/8", "10.1.2.3", null)]
    public async Task The_first_page_tells_of_it(string trusted, string forwardedFor, string? expected)
    {
        await using var api = await ApiCaller.StartAsync(settings =>
            settings with
            {
                TrustedProxies = [NetworkRange.ParseOrNull(trusted)!],
            }
        );
        await Try(api, "a", "b", forwardedFor);
        using var browser = new Browser(api.Portal);
        (await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password)).Dispose();

        var page = await browser.TextAsync("/admin");

        if (expected is null)
            page.ShouldNotContain("Requests came through proxy");
        else
            page.ShouldContain(expected);
        ProxyReport
            .Open(api.Portal.Portal.Settings, api.Portal.Time)
            .Look()
            .Any(finding => finding.Severity == "warning")
            .ShouldBe(expected is not null, "the next start and doctor tell of it too");
        api.Portal.Time.Advance(TimeSpan.FromDays(1));
        ProxyReport
            .Open(api.Portal.Portal.Settings, api.Portal.Time)
            .Look()
            .ShouldAllBe(finding => finding.Severity == "ok");
    }

    private static async Task<HttpStatusCode> Try(ApiCaller api, string user, string password, string forwardedFor = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/api/users");
        request.Headers.Authorization = TestPortal.Basic($"{user}:{password}");
        request.Headers.Add("X-Forwarded-Proto", "https");
        if (forwardedFor.Length > 0)
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        using var answer = await api.Portal.Http.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }
}
