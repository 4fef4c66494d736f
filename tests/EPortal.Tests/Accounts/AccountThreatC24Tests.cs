using System.Net;
using EPortal.Api;
using EPortal.Hosting;
using EPortal.Tests.Api;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>C24: every route crossed with every role.</summary>
public sealed class AccountThreatC24Tests
{
    private static readonly (string Method, string Path, Access Access)[] All =
        [.. ApiRoutesTable.Lines.Select(line => (line.Method, "/admin/api" + line.Path, line.Access)), .. ApiRoutesTable.Others];

    public static TheoryData<string, string, string> Calls =>
        [.. All.Where(line => line.Path.StartsWith("/admin/api", StringComparison.Ordinal)).Select(line => (line.Method, line.Path, line.Access.ToString()))];

    [Fact]
    public async Task Every_route_stands_in_the_table_and_the_other_way_round()
    {
        await using var api = await ApiCaller.StartAsync(WithEverything);

        var routes = api.Portal.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => (Endpoint: endpoint, Path: "/" + endpoint.RoutePattern.RawText!.TrimStart('/')))
            .SelectMany(route => (route.Endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Select(method => $"{method} {route.Path}"))
            .ToHashSet(StringComparer.Ordinal);

        var told = All.Select(line => $"{line.Method} {line.Path}").ToList();
        told.Where(line => !routes.Contains(line)).ShouldBeEmpty();
        routes.Except(told).Where(route => !ApiRoutesTable.AgentPaths.Any(path => route[(route.IndexOf(' ', StringComparison.Ordinal) + 1)..].StartsWith(path, StringComparison.Ordinal)))
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_route_says_itself_who_may_call_it()
    {
        await using var api = await ApiCaller.StartAsync(WithEverything);

        foreach (var endpoint in api.Portal.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<ApiCall>() is not null))
        {
            var policies = endpoint.Metadata.OfType<IAuthorizeData>().Select(data => data.Policy).ToList();
            var open = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
            (policies.Count == 1 ^ open).ShouldBeTrue(endpoint.RoutePattern.RawText);
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Each_role_gets_what_the_table_says(string method, string path, string access)
    {
        await using var api = await ApiCaller.StartAsync();
        var call = path["/admin/api".Length..].Replace("{documentName}", "openapi", StringComparison.Ordinal)
            .Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal).Replace("?", "", StringComparison.Ordinal);
        var before = LastOperation(api);

        var (nobody, reader) = (await api.Call(method, call, Carrier.Query, null), await api.Call(method, call, Carrier.Query, ApiCaller.Reader));

        switch (Enum.Parse<Access>(access))
        {
            case Access.Open:
                nobody.Status.ShouldNotBe(HttpStatusCode.Unauthorized);
                break;
            case Access.Admin:
                nobody.ShouldBeError(HttpStatusCode.Unauthorized, "unauthorized");
                reader.ShouldBeError(HttpStatusCode.Forbidden, "forbidden");
                break;
            default:
                nobody.ShouldBeError(HttpStatusCode.Unauthorized, "unauthorized");
                reader.Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.BadRequest);
                break;
        }

        LastOperation(api).ShouldBe(before);
        var admin = await api.Call(method, call, Carrier.Query, ApiCaller.Admin);
        admin.Status.ShouldNotBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.InternalServerError);
    }

    [Theory]
    [InlineData("GET", "/admin")]
    [InlineData("POST", "/admin/logout")]
    public async Task Pages_send_strangers_to_the_login(string method, string path)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);

        using var answer = await browser.SendAsync(new HttpMethod(method), path, []);

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.ToString().ShouldStartWith("/admin/login");
    }

    [Fact]
    public async Task Basic_credentials_open_no_page()
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin");
        request.Headers.Authorization = Agents.TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");

        (await api.Send(request)).Status.ShouldBe(HttpStatusCode.Redirect);
    }

    private static long LastOperation(ApiCaller api) => Rows.Count(api.Portal, "operation");

    private static Settings WithEverything(Settings settings) => settings with
    {
        ServePatchSource = true,
        OidcAuthUrl = new Uri("https://id.example.com/auth"),
        OidcTokenUrl = new Uri("https://id.example.com/token"),
        OidcUserinfoUrl = new Uri("https://id.example.com/me"),
        OidcClientId = "eportal",
        OidcClientSecret = "secret",
    };
}
