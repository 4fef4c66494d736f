using System.Net;
using EPortal.Api;
using EPortal.Hosting;
using EPortal.Tests.Api;
using EPortal.Tests.WebConsole;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>C24: every route crossed with every role.</summary>
[Trait("threat", "C24")]
public sealed class RoutePermissionTests
{
    private static readonly (string Method, string Path, Access Access)[] All =
    [
        .. ApiRoutesTable.Lines.Select(line => (line.Method, "/admin/api" + line.Path, line.Access)),
        .. ApiRoutesTable.Others,
        .. ConsoleRoutesTable.Lines,
    ];

    public static TheoryData<string, string, string> Calls =>
        [
            .. All.Where(line => line.Path.StartsWith("/admin/api/", StringComparison.Ordinal))
                .Select(line => (line.Method, line.Path, line.Access.ToString())),
        ];

    public static TheoryData<string, string, bool> Pages =>
        [
            .. All.Where(line => line.Access is Access.Page or Access.PageAdmin)
                .Select(line =>
                    (
                        line.Method,
                        line.Path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal),
                        line.Access == Access.PageAdmin
                    )
                ),
        ];

    [Fact]
    public async Task Every_route_stands_in_the_table_and_the_other_way_round()
    {
        await using var api = await ApiCaller.StartAsync(WithEverything);

        var routes = api
            .Portal.Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => (Endpoint: endpoint, Path: "/" + endpoint.RoutePattern.RawText!.TrimStart('/')))
            .SelectMany(route =>
                (route.Endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
                    .Where(method => method != "HEAD")
                    .Select(method => $"{method} {route.Path}")
            )
            .ToHashSet(StringComparer.Ordinal);

        var told = All.Select(line => $"{line.Method} {line.Path}").ToList();
        told.Where(line => !routes.Contains(line)).ShouldBeEmpty();
        routes
            .Except(told)
            .Where(route =>
                !ApiRoutesTable.AgentPaths.Any(path =>
                    route[(route.IndexOf(' ', StringComparison.Ordinal) + 1)..]
                        .StartsWith(path, StringComparison.Ordinal)
                )
            )
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_route_says_itself_who_may_call_it()
    {
        await using var api = await ApiCaller.StartAsync(WithEverything);

        foreach (
            var endpoint in api
                .Portal.Services.GetRequiredService<EndpointDataSource>()
                .Endpoints.OfType<RouteEndpoint>()
                .Where(endpoint => endpoint.Metadata.GetMetadata<ApiCall>() is not null)
        )
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
        var call = path["/admin/api".Length..]
            .Replace("{documentName}", "openapi", StringComparison.Ordinal)
            .Replace("{", "", StringComparison.Ordinal)
            .Replace("}", "", StringComparison.Ordinal)
            .Replace("?", "", StringComparison.Ordinal);
        var before = LastOperation(api);

        var (nobody, reader) = (
            await api.Call(method, call, Carrier.Query, null),
            await api.Call(method, call, Carrier.Query, ApiCaller.Reader)
        );

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
        admin.Status.ShouldNotBeOneOf(
            HttpStatusCode.Unauthorized,
            HttpStatusCode.Forbidden,
            HttpStatusCode.InternalServerError
        );
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Each_role_gets_of_each_page_what_the_table_says(string method, string path, bool isForAdmins)
    {
        await using var api = await ApiCaller.StartAsync(WithEverything);

        var nobody = await AnswerTo(api, null, method, path);
        nobody.Status.ShouldBe(HttpStatusCode.Redirect);
        nobody.Location.ShouldStartWith("/admin/login");
        nobody.Changes.ShouldBe(0);

        var reader = await AnswerTo(api, ApiCaller.Reader, method, path);
        if (isForAdmins)
            reader.Status.ShouldBe(HttpStatusCode.Forbidden);
        else
            reader.Status.ShouldNotBeOneOf(HttpStatusCode.Forbidden, HttpStatusCode.InternalServerError);
        if (method == "GET" || isForAdmins)
            reader.Changes.ShouldBe(0);

        var admin = await AnswerTo(api, ApiCaller.Admin, method, path);
        admin.Status.ShouldNotBeOneOf(
            HttpStatusCode.Unauthorized,
            HttpStatusCode.Forbidden,
            HttpStatusCode.InternalServerError
        );
        admin.Location.StartsWith("/admin/login", StringComparison.Ordinal).ShouldBe(path == "/admin/logout");
    }

    [Fact]
    public async Task Basic_credentials_open_no_page()
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin");
        request.Headers.Authorization = Agents.TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");

        (await api.Send(request)).Status.ShouldBe(HttpStatusCode.Redirect);
    }

    private static async Task<(HttpStatusCode Status, string Location, long Changes)> AnswerTo(
        ApiCaller api,
        string? user,
        string method,
        string path
    )
    {
        using var browser = new Browser(api.Portal);
        if (user is not null)
            (await browser.LogInAsync(user, ApiCaller.Password)).Dispose();
        var before = LastOperation(api);
        using var answer = await browser.SendAsync(new HttpMethod(method), path, []);
        return (answer.StatusCode, answer.Headers.Location?.ToString() ?? "", LastOperation(api) - before);
    }

    private static long LastOperation(ApiCaller api) => Rows.Count(api.Portal, "operation");

    private static Settings WithEverything(Settings settings) =>
        settings with
        {
            ServePatchSource = true,
            OidcAuthUrl = new Uri("https://id.example.com/auth"),
            OidcTokenUrl = new Uri("https://id.example.com/token"),
            OidcUserinfoUrl = new Uri("https://id.example.com/me"),
            OidcClientId = "eportal",
            OidcClientSecret = "secret",
        };
}
