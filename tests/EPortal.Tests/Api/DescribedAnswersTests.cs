using System.Diagnostics;
using System.Net;
using System.Text.Json;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>
/// The description of the API, judged by the linter of Redocly, and real answers of every call, judged by the
/// description.
/// </summary>
public sealed class DescribedAnswersTests
{
    private static readonly string s_tools = Path.Combine(Repository.Root, "tests/openapi");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Calls besides those of <see cref="CarrierTests"/>, in this order: method, path of the description, path,
    /// parameters.
    /// </summary>
    private static readonly (string Method, string Path, string Call, string Parameters)[] s_more =
    [
        ("GET", "/users", "/users", ""),
        ("GET", "/keys", "/keys", ""),
        ("GET", "/feeds", "/feeds", ""),
        ("GET", "/api-keys", "/api-keys", ""),
        ("GET", "/sessions", "/sessions", ""),
        ("GET", "/ldap", "/ldap", ""),
        ("POST", "/source/sync", "/source/sync", ""),
        ("GET", "/source", "/source", ""),
        ("GET", "/replication", "/replication", ""),
        ("GET", "/user-log", "/user-log", ""),
        ("GET", "/user-log", "/user-log", "format=csv"),
        ("GET", "/servers", "/servers", ""),
        ("GET", "/servers", "/servers", "only_count=true"),
        ("GET", "/patchsets", "/patchsets", ""),
        ("GET", "/kcare/nagios/{key}", "/kcare/nagios/k", ""),
        ("GET", "/kcare/nagios/{key}", "/kcare/nagios/none", ""),
        ("GET", "/kcare/patchset/{key}", "/kcare/patchset/k", ""),
        ("GET", "/kcare/patchset.json", "/kcare/patchset.json", "key=k"),
        ("DELETE", "/users/{name}", "/users/eve", ""),
        ("DELETE", "/api-keys/{id}", "/api-keys/none", ""),
        ("DELETE", "/sessions/{id}", "/sessions/none", ""),
        ("DELETE", "/feeds/{name}", "/feeds/test", ""),
        ("DELETE", "/keys/{key}", "/keys/new", ""),
        ("DELETE", "/source", "/source", ""),
        ("POST", "/ldap", "/ldap", "url="),
        ("GET", "/ldap", "/ldap", ""),
    ];

    [Fact]
    public async Task The_linter_finds_nothing()
    {
        await using var api = await ApiCaller.StartAsync();
        using var folder = new EPortal.Tests.Hosting.TempFolder();
        await File.WriteAllTextAsync(
            folder.File("openapi.json"),
            (await api.Call("GET", "/openapi.json", Carrier.Query, null)).Text,
            Cancellation
        );

        var (_, output) = await Run(
            Path.Combine(s_tools, "node_modules/.bin/redocly"),
            ["lint", folder.File("openapi.json"), "--format=json"],
            ""
        );

        var found = JsonDocument.Parse(output[output.IndexOf('{')..]).RootElement;
        var totals = found.GetProperty("totals");
        (totals.GetProperty("errors").GetInt32(), totals.GetProperty("warnings").GetInt32()).ShouldBe(
            (0, 0),
            Compare(found)
        );
    }

    [Fact]
    public async Task Operations_have_names_of_their_own_that_stay()
    {
        await using var api = await ApiCaller.StartAsync();
        var names = (await api.Call("GET", "/openapi.json", Carrier.Query, null))
            .Json.GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path =>
                path.Value.EnumerateObject().Select(call => call.Value.GetProperty("operationId").GetString()!)
            )
            .ToList();

        names.Distinct().Count().ShouldBe(names.Count);
        new[]
        {
            "getServers",
            "postSetTags",
            "deleteKeysByKey",
            "postPatchsetsManage",
            "getKcarePatchsetJson",
            "getKcareNagiosByKey",
            "postApiKeys",
            "getUserLog",
        }.ShouldBeSubsetOf(names);
        names.ShouldNotContain(name => name.StartsWith("head", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_call_answers_as_it_is_described()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        var answers = new List<object>();
        var asked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (method, path, parameters, _) in CarrierTests.Calls.Select(call => call.Data))
            await Ask(method, path, path, parameters, HttpStatusCode.OK);
        await api.Portal.Portal.Keys.Save(TestPortal.Admin, TestPortal.Key, new EPortal.Keys.KeySettings());
        await FurnishAsync(api);
        foreach (var (method, path, call, parameters) in s_more)
            await Ask(method, path, call, parameters, HttpStatusCode.OK);
        foreach (var (method, path, _, _) in s_more)
            answers.Add(
                Answer(
                    method,
                    path,
                    await api.Call(
                        method,
                        path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal),
                        Carrier.Query,
                        null,
                        ("limit", "x")
                    )
                )
            );
        asked
            .Order()
            .ShouldBe(
                ApiCalls
                    .Of(api.Portal)
                    .Select(call => $"{call.Method} {call.Path.Replace("?", "", StringComparison.Ordinal)}")
                    .Order()
            );

        var input =
            $$"""{"document":{{(await api.Call("GET", "/openapi.json", Carrier.Query, null)).Text}},"answers":{{JsonSerializer.Serialize(answers)}}}""";
        var (status, output) = await Run("node", [Path.Combine(s_tools, "judge.js")], input);

        (status, output.Trim()).ShouldBe((0, ""));

        async Task Ask(string method, string path, string call, string parameters, HttpStatusCode expected)
        {
            var server =
                path == "/set_tags" || path == "/delete_server" || path == "/patchsets/manage"
                    ? await FurnishAsync(api)
                    : "";
            var values = parameters
                .Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(one => one.Split('=', 2))
                .Select(one =>
                    (
                        one[0],
                        one[1] switch
                        {
                            "SERVER" => server,
                            "CA" => "",
                            "PORTAL" => $"{api.Portal.Address}nothing/",
                            var value => value,
                        }
                    )
                )
                .ToArray();
            var answer = await api.Call(
                method,
                call,
                method == "POST" ? Carrier.Json : Carrier.Query,
                ApiCaller.Admin,
                values
            );
            answer.Status.ShouldBe(expected, $"{method} {call}: {answer.Text}");
            asked.Add($"{method} {path}");
            answers.Add(Answer(method, path, answer));
        }
    }

    [Fact]
    public async Task The_judge_finds_what_is_not_described()
    {
        await using var api = await ApiCaller.StartAsync();
        var document = (await api.Call("GET", "/openapi.json", Carrier.Query, null)).Text;
        foreach (
            var (body, type) in ((string, string)[])
                [
                    ("{}", "application/json"),
                    ("{\"count\":\"1\"}", "application/json"),
                    ("{\"count\":1,\"more\":2}", "application/json"),
                    ("1", "text/plain"),
                ]
        )
        {
            var answers = JsonSerializer.Serialize(
                new[]
                {
                    new
                    {
                        method = "GET",
                        path = "/admin/api/servers",
                        status = 200,
                        type,
                        body,
                    },
                }
            );
            (
                await Run(
                    "node",
                    [Path.Combine(s_tools, "judge.js")],
                    $$"""{"document":{{document}},"answers":{{answers}}}"""
                )
            ).Output.ShouldStartWith("GET /admin/api/servers 200: ", Case.Sensitive, body);
        }
    }

    private static object Answer(string method, string path, ApiAnswer answer) =>
        new
        {
            method,
            path = "/admin/api" + path,
            status = (int)answer.Status,
            type = answer.Type,
            body = answer.Text,
        };

    private static string Compare(JsonElement found) =>
        found.TryGetProperty("problems", out var problems)
            ? string.Join(
                '\n',
                problems
                    .EnumerateArray()
                    .Select(problem =>
                        $"{problem.GetProperty("ruleId")}: {problem.GetProperty("message")} {problem.GetProperty("location")[0].GetProperty("pointer")}"
                    )
                    .Take(40)
            )
            : found.GetRawText();

    /// <summary>A host that has checked in; returns its id.</summary>
    private static async Task<string> FurnishAsync(ApiCaller api)
    {
        var server = await api.Portal.RegisterAsync();
        (await api.Portal.CheckInAsync(TestPortal.Facts(server))).Dispose();
        return server;
    }

    private static async Task<(int Status, string Output)> Run(string program, string[] arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["REDOCLY_TELEMETRY"] = "off";
        start.Environment["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        await errors;
        return (process.ExitCode, output);
    }
}
