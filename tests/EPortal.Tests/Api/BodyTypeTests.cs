using System.Net;
using System.Text;
using EPortal.Tests.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>A body whose type is not understood is refused, and nothing is changed by it.</summary>
public sealed class BodyTypeTests
{
    private const string Json =
        """{"key":"zz1","server_id":"x","tags":"t","name":"n","url":"ldap://127.0.0.1","username":"u","password":"long enough","patchset":"K1","action":"enable"}""";

    /// <summary>Content-Type, Content-Encoding and body.</summary>
    private static readonly (string? Type, string? Encoding, string Body)[] s_odd =
    [
        ("text/plain", null, Json),
        ("application/xml", null, "<key>zz1</key>"),
        ("application/octet-stream", null, Json),
        ("multipart/mixed; boundary=x", null, "--x--\r\n"),
        ("nonsense", null, Json),
        ("application/json", "gzip", Json),
        ("application/x-www-form-urlencoded", "gzip", "key=zz1"),
        ("application/json; charset=utf-16", null, Json),
        ("application/x-www-form-urlencoded; charset=utf-7", null, "key=zz1"),
        ("application/x-www-form-urlencoded; charset=nonsense", null, "key=zz1"),
        ("application/x-www-form-urlencoded", null, Json),
        ("application/x-www-form-urlencoded", null, "[1]"),
        ("application/x-www-form-urlencoded", null, "<a/>"),
        (null, null, "key=zz1"),
    ];

    [Fact]
    public async Task No_call_that_changes_something_passes_one_over()
    {
        await using var api = await ApiCaller.StartAsync();
        var server = await api.Portal.RegisterAsync();
        await api.Post("/set_tags", ("server_id", server), ("tags", "keep"));
        var before = Rows.Count(api.Portal, "operation");
        var calls = ApiRoutesTable
            .Lines.Where(line => line.Method != "GET")
            .Select(line =>
                (
                    line.Method,
                    Path: "/admin/api"
                        + line.Path.Replace("{key}", "k", StringComparison.Ordinal)
                            .Replace("{name}", "test", StringComparison.Ordinal)
                            .Replace("{id}", "1", StringComparison.Ordinal)
                )
            )
            .Append(("POST", $"/admin/api/set_tags?server_id={server}"))
            .ToList();

        foreach (var (method, path) in calls)
        {
            foreach (var odd in s_odd)
                (await api.Send(Request(method, path, odd))).ShouldBeError(
                    HttpStatusCode.UnsupportedMediaType,
                    "unsupported-media-type",
                    $"{method} {path} {odd}"
                );
        }

        Rows.Count(api.Portal, "operation").ShouldBe(before);
        api.Portal.TheServer().Tags.ShouldBe("keep");
    }

    [Fact]
    public async Task No_form_of_the_console_does()
    {
        await using var visitors = await Visitors.StartAsync();
        var before = Rows.Count(visitors.Portal, "operation");

        foreach (var (_, path, _) in ConsoleRoutesTable.Lines.Where(line => line.Method == "POST"))
        {
            foreach (var odd in s_odd)
            {
                var content = Content(odd);
                using var answer = await visitors.Admin.SendAsync(
                    HttpMethod.Post,
                    path.Replace("{key}", "k", StringComparison.Ordinal)
                        .Replace("{name}", "main", StringComparison.Ordinal),
                    content
                );
                // The one form that is read as it comes says in its page what it lacks, where it can be read at all.
                ((int)answer.StatusCode).ShouldBeOneOf(
                    path.EndsWith("upload-patchset", StringComparison.Ordinal) ? [400, 415] : [415]
                );
            }
        }

        // A refused upload is told in the user log, each in a line, and that is all that was written.
        (
            Rows.Count(visitors.Portal, "operation")
            - Rows.Count(visitors.Portal, "user_log WHERE action = 'patchset.refuse'")
        ).ShouldBe(before);
    }

    [Theory]
    [InlineData("register_server.plain?key=k&hostname=h")]
    [InlineData("unregister_server.plain?server_id=ID")]
    [InlineData("check.plain?server_id=ID")]
    [InlineData("tag_server.plain?server_id=ID")]
    public async Task No_plain_call_does(string call)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        await portal.GetPlainAsync($"tag_server.plain?server_id={id}&tag=keep");
        var before = Rows.Count(portal, "operation");

        foreach (var odd in s_odd.Append(("application/json", null, Json)))
        {
            using var request = Request(
                "POST",
                "/admin/api/kcare/" + call.Replace("ID", id, StringComparison.Ordinal),
                odd,
                login: false
            );
            using var answer = await portal.Http.SendAsync(request, TestContext.Current.CancellationToken);
            answer.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType, odd.ToString());
            (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldStartWith(
                "code:5\nmessage:"
            );
        }

        Rows.Count(portal, "operation").ShouldBe(before);
        portal.TheServer().Tags.ShouldBe("keep");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json;charset=utf-8")]
    [InlineData("application/json; charset=\"UTF-8\"")]
    [InlineData("application/json; charset=utf8")]
    [InlineData("APPLICATION/JSON")]
    [InlineData("application/vnd.api+json")]
    [InlineData("text/json")]
    [InlineData(null)]
    public async Task JSON_is_read_under_each_of_its_names_and_without_one(string? type)
    {
        await using var api = await ApiCaller.StartAsync();
        (await api.Send(Request("POST", "/admin/api/keys", (type, null, """ {"key":"zz1"}"""))))
            .Result.GetProperty("key")
            .GetString()
            .ShouldBe("zz1");
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded", "zz1")]
    [InlineData("application/json", "\"zz1\"")]
    public async Task A_text_alone_is_no_parameter_where_nothing_else_is_said(string type, string body)
    {
        await using var api = await ApiCaller.StartAsync();
        (await api.Send(Request("POST", "/admin/api/keys", (type, null, body)))).ShouldBeError(
            HttpStatusCode.BadRequest,
            "bad-request"
        );
        api.Portal.Portal.Keys.List().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_file_in_a_form_is_no_parameter()
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = Request("POST", "/admin/api/keys", (null, null, ""));
        request.Content = new MultipartFormDataContent
        {
            { new ByteArrayContent("zz1"u8.ToArray()), "key", "key.txt" },
        };

        (await api.Send(request)).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
        api.Portal.Portal.Keys.List().ShouldHaveSingleItem();
    }

    private static HttpRequestMessage Request(
        string method,
        string path,
        (string? Type, string? Encoding, string Body) what,
        bool login = true
    )
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = Content(what) };
        if (login)
            request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");
        return request;
    }

    private static ByteArrayContent Content((string? Type, string? Encoding, string Body) what)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(what.Body));
        if (what.Type is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", what.Type);
        if (what.Encoding is not null)
            content.Headers.ContentEncoding.Add(what.Encoding);
        return content;
    }
}
