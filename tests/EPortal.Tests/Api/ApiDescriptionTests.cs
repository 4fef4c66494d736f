using System.Net;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>What the API says of itself.</summary>
public sealed class ApiDescriptionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Names of the parameters; of a POST they are in the body, in both forms: an address is no place for passwords.
    /// </summary>
    private static List<string?> Told(JsonElement call, bool isPost)
    {
        var inAddress = call.TryGetProperty("parameters", out var list)
            ? list.EnumerateArray()
                .Where(one => one.GetProperty("in").GetString() == "query")
                .Select(one => one.GetProperty("name").GetString())
                .ToList()
            : [];
        if (!isPost)
            return inAddress;
        inAddress.ShouldBeEmpty();
        if (!call.TryGetProperty("requestBody", out var body))
            return [];
        var forms = new[] { "application/x-www-form-urlencoded", "application/json" }
            .Select(type =>
                body.GetProperty("content")
                    .GetProperty(type)
                    .GetProperty("schema")
                    .GetProperty("properties")
                    .EnumerateObject()
                    .Select(one => (string?)one.Name)
                    .ToList()
            )
            .ToList();
        forms[1].ShouldBe(forms[0]);
        return forms[0];
    }

    [Fact]
    public async Task Every_call_is_described_with_its_parameters_and_who_may_make_it()
    {
        await using var api = await ApiCaller.StartAsync();
        var document = (await api.Call("GET", "/openapi.json", Carrier.Query, null)).Json;
        var paths = document.GetProperty("paths");
        document
            .GetProperty("tags")
            .EnumerateArray()
            .Select(tag => tag.GetProperty("name").GetString())
            .ShouldBe(
                [
                    "servers",
                    "users",
                    "api-keys",
                    "sessions",
                    "ldap",
                    "user-log",
                    "keys",
                    "feeds",
                    "patchsets",
                    "monitoring by key",
                    "source",
                    "replication",
                ],
                ignoreOrder: true
            );

        foreach (var (method, path, parameters) in ApiCalls.Of(api.Portal))
        {
            var access = ApiRoutesTable.Lines.Single(line => line.Method == method && line.Path == path).Access;
            var call = paths
                .GetProperty("/admin/api" + path.Replace("?", "", StringComparison.Ordinal))
                .GetProperty(method.ToLowerInvariant());
            call.GetProperty("summary").GetString().ShouldNotBeNullOrWhiteSpace();
            var told = Told(call, method == "POST");
            call.GetProperty("responses").TryGetProperty("default", out _).ShouldBeTrue($"{method} {path}");
            parameters.Except(told).ShouldBeEmpty($"{method} {path}");
            call.GetProperty("security").GetArrayLength().ShouldBe(access == Access.Open ? 0 : 2, $"{method} {path}");
        }
    }

    [Fact]
    public async Task Numbers_are_described_as_numbers_alone()
    {
        await using var api = await ApiCaller.StartAsync();
        var schemas = (await api.Call("GET", "/openapi.json", Carrier.Query, null))
            .Json.GetProperty("components")
            .GetProperty("schemas");

        schemas
            .GetProperty("UserRow")
            .GetProperty("properties")
            .GetProperty("id")
            .GetProperty("type")
            .GetString()
            .ShouldBe("integer");
        schemas
            .GetProperty("KeyRow")
            .GetProperty("properties")
            .GetProperty("server_limit")
            .GetProperty("type")
            .GetString()
            .ShouldBe("integer");
    }

    [Fact]
    public async Task The_page_to_try_it_comes_from_here_alone_and_runs_no_script_but_its_own()
    {
        await using var api = await ApiCaller.StartAsync();

        using var answer = await api.Portal.GetAsync("/admin/api/docs/");
        var html = await answer.Content.ReadAsStringAsync(Cancellation);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        html.ShouldNotContain("http://");
        html.ShouldNotContain("https://");
        var nonce = policy.Split("'nonce-")[1].Split('\'')[0];
        html.Split("<script").Skip(1).ShouldAllBe(script => script.Contains($"nonce=\"{nonce}\""));
        policy.Split("script-src")[1].Split(';')[0].ShouldNotContain("unsafe");
        (await api.Portal.Http.GetAsync("/admin/api/docs/scalar.js", Cancellation)).StatusCode.ShouldBe(
            HttpStatusCode.OK
        );
    }
}
