using System.Net;
using System.Text;
using EPortal.Api;
using EPortal.Hosting;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>
/// What a portal takes from browsers and proxies besides the plainest form: HEAD, ranges, names, schemes.
/// </summary>
public sealed class RequestFormTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HEAD_is_where_GET_is_and_says_the_same_without_the_body()
    {
        await using var api = await ApiCaller.StartAsync(settings => settings with { ServePatchSource = true });
        await api.Portal.DeployAsync("K1", 1);
        var server = await api.Portal.RegisterAsync();
        var paths = api
            .Portal.Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint =>
                endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("GET") == true
                && endpoint.Metadata.GetMetadata<NoHead>() is null
            )
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))
            .Distinct()
            .Select(path => Filled(path, server))
            .ToList();
        paths.Count.ShouldBeGreaterThan(60);

        foreach (var path in paths)
        {
            var (get, head) = (await Ask(api.Portal, "GET", path, server), await Ask(api.Portal, "HEAD", path, server));
            head.Status.ShouldBe(get.Status, path);
            head.Body.Length.ShouldBe(0, path);
            head.Type.ShouldBe(get.Type, path);
            get.Status.ShouldNotBe(405, path);
        }
    }

    [Fact]
    public async Task HEAD_changes_nothing_that_GET_changes_with_an_answer()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        foreach (
            var call in (string[])
                [
                    "register_server.plain?key=k&hostname=x",
                    $"unregister_server.plain?server_id={id}",
                    $"tag_server.plain?server_id={id}&tag=x",
                ]
        )
            (await Ask(portal, "HEAD", "/admin/api/kcare/" + call, id)).Status.ShouldBe(405);
        portal.TheServer().Tags.ShouldBe("");
    }

    [Theory]
    [InlineData("items=0-5", 200)]
    [InlineData("bytes=0-5", 206)]
    [InlineData("Bytes=0-5", 206)]
    [InlineData("nonsense", 200)]
    public async Task A_range_in_an_unknown_unit_is_passed_over(string range, int status)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var whole = await portal.Http.GetByteArrayAsync($"/{TestPortal.KernelId}/1/kpatch.bin", Cancellation);

        var answer = await RawHttp.GetAsync(portal.Address, $"/{TestPortal.KernelId}/1/kpatch.bin", $"Range: {range}");

        answer.Status.ShouldBe(status);
        answer.Body.ShouldBe(status == 200 ? whole : whole[..6]);
    }

    [Fact]
    public async Task The_root_leads_to_the_console_and_there_is_a_favicon()
    {
        await using var portal = await TestPortal.StartAsync();
        using var root = await portal.GetAsync("/");
        (root.StatusCode, root.Headers.Location!.ToString()).ShouldBe((HttpStatusCode.Redirect, "/admin/"));
        using var icon = await portal.GetAsync("/favicon.ico");
        (icon.StatusCode, icon.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.OK, "image/svg+xml"));
        (await icon.Content.ReadAsStringAsync(Cancellation)).ShouldContain("<svg");
    }

    [Theory]
    [InlineData("GET", "latest.v1")]
    [InlineData("GET", "latest.v2")]
    [InlineData("HEAD", "latest.v1")]
    [InlineData("HEAD", "latest.v2")]
    public async Task A_level_needs_a_login(string method, string call)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        using var answer = await portal.SendAsync(new HttpMethod(method), $"/{TestPortal.KernelId}/{call}");
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.ShouldHaveSingleItem().Scheme.ShouldBe("Basic");
    }

    [Theory]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("my_portal.example", "my_portal.example")]
    [InlineData("_portal", "_portal")]
    [InlineData("PORTAL.example:8080", "portal.example")]
    [InlineData("[::1]:8080", "::1")]
    [InlineData("[2001:db8::1]", "[2001:DB8:0::1]")]
    [InlineData("192.0.2.1:81", "192.0.2.1")]
    public async Task Scripts_and_pages_take_each_name_that_may_be_allowed(string host, string allowed)
    {
        SettingsTable
            .FindOrNull("ALLOWED_HOSTS")!
            .ApplyOrNull(Settings.Defaults, SettingsValue.Of(allowed))
            .ShouldNotBeNull();
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                AllowedHosts = [allowed, "127.0.0.1"],
            }
        );

        foreach (var path in (string[])["/install-kernelcare", "/set-patch-server"])
        {
            var answer = await RawAsync(portal, path, host);
            answer.Status.ShouldBe(200, path);
            answer.Text.ShouldContain($"http://{host}");
        }

        (await RawAsync(portal, "/admin/login", host)).Status.ShouldBe(200);
        (await RawAsync(portal, "/install-kernelcare", "elsewhere.example")).Status.ShouldBe(400);
    }

    [Theory]
    [InlineData("HTTPS")]
    [InlineData("Https")]
    public async Task The_scheme_that_a_proxy_names_may_be_in_capitals(string scheme)
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                OidcAuthUrl = new Uri("http://127.0.0.1:1/auth"),
                OidcTokenUrl = new Uri("http://127.0.0.1:1/token"),
                OidcUserinfoUrl = new Uri("http://127.0.0.1:1/user"),
                OidcClientId = "portal",
                OidcClientSecret = "x",
            }
        );

        (
            await RawAsync(portal, "/install-kernelcare", "patches.example.com", $"X-Forwarded-Proto: {scheme}")
        ).Text.ShouldContain("https://patches.example.com");
        var login = await RawAsync(portal, "/admin/sso/login", "xn--bcher-kva.example", $"X-Forwarded-Proto: {scheme}");
        login.Status.ShouldBe(302);
        login.Head.ShouldContain("redirect_uri=https%3A%2F%2Fxn--bcher-kva.example%2Fadmin%2Fsso%2Flogin%2Fcallback");
    }

    private static Task<RawAnswer> RawAsync(TestPortal portal, string path, string host, string? header = null) =>
        RawHttp.SendAsync(
            portal.Address,
            Encoding.Latin1.GetBytes(
                $"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{(header is null ? "" : header + "\r\n")}\r\n"
            )
        );

    private static string Filled(string path, string server) =>
        path switch
        {
            _ when path.StartsWith("/{target:target}", StringComparison.Ordinal) => path.Replace(
                    "{target:target}",
                    TestPortal.KernelId,
                    StringComparison.Ordinal
                )
                .Replace("{level:int:min(1)}", "1", StringComparison.Ordinal)
                .Replace("{file}", "kpatch.bin", StringComparison.Ordinal),
            _ => System.Text.RegularExpressions.Regex.Replace(
                path.Replace("{documentName}", "openapi", StringComparison.Ordinal),
                @"\{[^}]*\}",
                "x"
            ),
        } + (path.EndsWith("check.plain", StringComparison.Ordinal) ? $"?server_id={server}" : "");

    private static async Task<(int Status, byte[] Body, string? Type)> Ask(
        TestPortal portal,
        string method,
        string path,
        string server
    )
    {
        var credentials = path.StartsWith("/admin/api/", StringComparison.Ordinal)
            ? $"{ApiCaller.Admin}:{ApiCaller.Password}"
            : $"{server}:kernelcare";
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = TestPortal.Basic(credentials);
        using var answer = await portal.Http.SendAsync(request, Cancellation);
        return (
            (int)answer.StatusCode,
            await answer.Content.ReadAsByteArrayAsync(Cancellation),
            answer.Content.Headers.ContentType?.MediaType
        );
    }
}
