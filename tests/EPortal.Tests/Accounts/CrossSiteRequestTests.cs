using System.Net;
using EPortal.Tests.Api;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>C23: requests that another site makes a browser send.</summary>
[Trait("threat", "C23")]
public sealed class CrossSiteRequestTests
{
    /// <summary>
    /// How browsers mark a request that a page of another site caused; none of it can be set by that page.
    /// </summary>
    public static TheoryData<string?, string?> Foreign =>
        new()
        {
            { "https://evil.example", null },
            { "https://evil.example", "cross-site" },
            { null, "cross-site" },
            { null, "same-site" },
            { "null", null },
            { "null", "cross-site" },
            { "http://127.0.0.1:1", null },
            { "https://127.0.0.1.evil.example", null },
            { "nonsense", null },
            { null, null },
        };

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task They_change_nothing_by_cookie(string? origin, string? site)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        browser.Origin = origin;
        (string, string)[] headers = site is null ? [] : [("Sec-Fetch-Site", site)];

        foreach (var (method, path) in ChangingCalls())
        {
            using var answer = await browser.SendAsync(
                new HttpMethod(method),
                path,
                [("name", "forged"), ("key", "forged"), ("username", "forged")],
                headers
            );
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{method} {path}");
        }

        (await api.Get("/feeds")).Text.ShouldNotContain("forged");
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task They_log_nobody_in(string? origin, string? site)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal) { Origin = origin };
        if (origin is null && site is null)
            return; // no browser: programs may log in

        using var answer = await browser.SendAsync(
            HttpMethod.Post,
            "/admin/login",
            [("username", ApiCaller.Admin), ("password", ApiCaller.Password)],
            site is null ? [] : [("Sec-Fetch-Site", site)]
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        browser.Token.ShouldBeNull();
    }

    [Fact]
    public async Task They_change_nothing_by_credentials_that_the_browser_remembers()
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/feeds?name=forged");
        request.Headers.Authorization = Agents.TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");
        request.Headers.Add("Origin", "https://evil.example");

        (await api.Send(request)).ShouldBeError(HttpStatusCode.Forbidden, "forbidden");
    }

    [Theory]
    [InlineData("same-origin", null)]
    [InlineData("none", null)]
    [InlineData(null, "own")]
    public async Task The_portals_own_pages_may(string? site, string? origin)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        if (origin is null)
            browser.Origin = null;

        using var answer = await browser.SendAsync(
            HttpMethod.Post,
            "/admin/api/feeds",
            [("name", "fine")],
            site is null ? [] : [("Sec-Fetch-Site", site)]
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Behind_a_balancer_with_TLS_the_pages_origin_is_the_outer_one()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal) { Origin = "https://portal.example" };

        // No proxy is trusted here, so the scheme is not known to be https; the host is what counts.
        using var answer = await browser.SendAsync(
            HttpMethod.Post,
            "/admin/login",
            [("username", ApiCaller.Admin), ("password", ApiCaller.Password)],
            ("Host", "portal.example")
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [InlineData("https", "https://portal.example", true)]
    [InlineData("https", "http://portal.example", false)]
    [InlineData("http", "http://portal.example", true)]
    [InlineData(null, "http://portal.example", true)]
    [InlineData(null, "https://portal.example", true)]
    [InlineData("https", "https://portal.example:444", false)]
    [InlineData("https", "ftp://portal.example", false)]
    public async Task A_page_without_TLS_changes_nothing_where_the_portal_has_it(
        string? scheme,
        string origin,
        bool taken
    )
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal) { Origin = origin };
        var headers = new List<(string, string)> { ("Host", "portal.example") };
        if (scheme is not null)
            headers.Add(("X-Forwarded-Proto", scheme));

        using var answer = await browser.SendAsync(
            HttpMethod.Post,
            "/admin/login",
            [("username", ApiCaller.Admin), ("password", ApiCaller.Password)],
            [.. headers]
        );

        answer.StatusCode.ShouldBe(taken ? HttpStatusCode.Redirect : HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task What_a_stranger_says_of_the_scheme_does_not_count()
    {
        await using var api = await ApiCaller.StartAsync(settings => settings with { TrustedProxies = [] });
        using var browser = new Browser(api.Portal) { Origin = "http://portal.example" };

        using var answer = await browser.SendAsync(
            HttpMethod.Post,
            "/admin/login",
            [("username", ApiCaller.Admin), ("password", ApiCaller.Password)],
            ("Host", "portal.example"),
            ("X-Forwarded-Proto", "https")
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    /// <summary>Every route that changes something, as the table of roles has it, and what pages post.</summary>
    private static IEnumerable<(string Method, string Path)> ChangingCalls() =>
        ApiRoutesTable
            .Lines.Where(line => line.Method != "GET" && !line.Path.StartsWith("/kcare", StringComparison.Ordinal))
            .Select(line => (line.Method, Path: "/admin/api" + line.Path))
            .Concat(
                ConsoleRoutesTable.Lines.Where(line => line.Method != "GET").Select(line => (line.Method, line.Path))
            )
            .Append((Method: "POST", Path: "/admin/logout"))
            .Select(line =>
                (
                    line.Method,
                    line.Path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)
                )
            );
}
