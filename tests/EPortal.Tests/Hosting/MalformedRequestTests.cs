using System.Net.Sockets;
using System.Text;
using EPortal.Api;
using EPortal.Data;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.Tests.WebConsole;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>
/// Requests that are no HTTP, or break off: refused, and no failure of the portal with a stack trace in its log.
/// </summary>
public sealed class MalformedRequestTests
{
    private const string Form = "application/x-www-form-urlencoded";
    private const string Json = "application/json";

    private static readonly string[] s_paths =
    [
        "/admin/api/kcare/checkin",
        "/admin/api/kcare/checkin/user",
        "/admin/api/kcare/register_server.plain",
        "/admin/api/kcare/tag_server.plain?server_id=x",
        "/admin/api/register",
        "/admin/api/keys",
        "/admin/login",
        "/admin/upload-patchset",
        "/admin/new-key",
        "/admin/theme",
        "/healthz",
        "/metrics",
        "/",
        "/nothing",
        "/install-kernelcare",
        $"/{TestPortal.KernelId}/latest.v2",
        "/admin/docs",
    ];

    /// <summary>Head behind the host, and body, of a POST.</summary>
    private static readonly (string Head, string Body)[] s_bodies =
    [
        .. from type in (string[])[Form, Json, "multipart/form-data; boundary=x", ""]
        from chunks in (string[])
            [
                "80000000\r\n",
                "7FFFFFFF\r\nab",
                "FFFFFFFFFFFFFFFF\r\n",
                "-1\r\n",
                "zz\r\n",
                "\r\n",
                "5\r\nabc\r\n0\r\n\r\n",
                "2\r\nabX\r\n0\r\n\r\n",
                "2;x=\u0001\r\nab\r\n0\r\n\r\n",
                "0\r\nbad trailer\r\n\r\n",
                "3\r\n{\"a",
            ]
        select ($"Content-Type: {type}\r\nTransfer-Encoding: chunked\r\n", chunks),
        ($"Content-Type: {Form}\r\nContent-Length: 8\r\n", "a=%ZZ%F"),
        ($"Content-Type: {Form}\r\nContent-Length: 12\r\n", "%ff%fe=%00%1"),
        ($"Content-Type: {Form}\r\nContent-Length: 99999999999999999999\r\n", "a"),
        ($"Content-Type: {Form}; charset=nonsense\r\nContent-Length: 3\r\n", "a=b"),
        ($"Content-Type: {Form}; charset=utf-7\r\nContent-Length: 3\r\n", "a=b"),
        ("Content-Type: multipart/form-data\r\nContent-Length: 5\r\n", "--x--"),
        ($"Content-Type: multipart/form-data; boundary={new string('x', 300)}\r\nContent-Length: 5\r\n", "--x--"),
        ("Content-Type: multipart/form-data; boundary=\"\r\nContent-Length: 5\r\n", "--x--"),
        (
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 40\r\n",
            "--x\r\nContent-Disposition: form-data; na\r\n"
        ),
        (
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 30\r\n",
            "--x\r\nno header at all\r\n\r\nabc\r\n"
        ),
        ($"Content-Type: {Json}\r\nContent-Length: 6\r\n", "{\"a\":\"\u0001"),
        ($"Content-Type: {Json}\r\nContent-Length: 100\r\n", "{\"server_id\":"),
        ($"Content-Type: {Json}; charset=\"\r\nContent-Length: 2\r\n", "{}"),
        ($"Content-Type: ;;;\r\nContent-Length: 2\r\n", "{}"),
    ];

    private static readonly string[] s_heads =
    [
        "Authorization: Basic ====\r\n",
        "Authorization: Basic \u00ff\r\n",
        "Authorization: Basic\r\n",
        "Authorization: ,\r\n",
        "Cookie: eportal_session=%ff; =; \"\r\n",
        "X-Forwarded-For: nonsense, ::::\r\n",
        "X-Forwarded-Proto: \u007f\r\n",
        "X-Forwarded-Host: xn--a\r\n",
        "Range: bytes=9-1,,-\r\n",
        "Range: items=0-5\r\n",
        "If-None-Match: \"\r\n",
        "If-Modified-Since: never\r\n",
        "Accept-Encoding: ;;;q=x\r\n",
        "Content-Type: \u00ff\r\nContent-Length: 0\r\n",
        "Origin: \u0080\r\n",
        "Sec-Fetch-Site: \u0080\r\n",
        "X-Forwarded-Host: xn--zzzzzzzzzzzzzz--.com\r\n",
        "X-Forwarded-Host: a, xn--\r\n",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bodies_that_are_framed_or_written_wrongly_are_refused()
    {
        await using var portal = await StartAsync();
        foreach (var path in s_paths)
        {
            foreach (var (head, body) in s_bodies)
            {
                var isWhole = head.Contains($"Content-Length: {body.Length}\r\n", StringComparison.Ordinal);
                var status = await StatusAsync(
                    portal,
                    $"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n{body}",
                    isWhole
                );
                status.ShouldBeInRange(isWhole ? 200 : 0, 499, $"{path} {head} {body}");
            }
        }

        ShouldBeQuiet(portal);
    }

    [Fact]
    public async Task Heads_and_addresses_that_are_written_wrongly_are_refused_or_passed_over()
    {
        await using var portal = await StartAsync();
        foreach (var path in s_paths)
        {
            foreach (var head in s_heads)
                ShouldBeAnswered(
                    await StatusAsync(
                        portal,
                        $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n",
                        isWhole: true
                    ),
                    $"{path} {head}"
                );
            foreach (
                var host in (string[])
                    [
                        "",
                        "xn--",
                        "xn--a",
                        "xn--zzzzzzzzzzzzzz--.com",
                        "[::1",
                        "[::g]",
                        "a b",
                        "\u00fc",
                        "_",
                        "-",
                        ".",
                        "a..b",
                        new string('a', 300),
                        "localhost:99999",
                        "localhost:x",
                    ]
            )
                ShouldBeAnswered(
                    await StatusAsync(
                        portal,
                        $"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
                        isWhole: true
                    ),
                    $"{path} {host}"
                );
            foreach (
                var tail in (string[])
                    [
                        "%",
                        "%zz",
                        "%00",
                        "%ff",
                        "?%",
                        "?a=%ff&=&&%00=%00",
                        "?next=%ff",
                        "/%2e%2e/%2f",
                        "//",
                        "?" + new string('&', 2000),
                        "?" + string.Join('&', Enumerable.Range(0, 1500).Select(n => $"{n}")),
                    ]
            )
                ShouldBeAnswered(
                    await StatusAsync(
                        portal,
                        $"GET {path}{tail} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                        isWhole: true
                    ),
                    $"{path}{tail}"
                );
        }

        ShouldBeQuiet(portal);
    }

    [Fact]
    public async Task Names_of_the_portal_that_are_none_are_refused_where_only_some_are_allowed()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                AllowedHosts = ["portal.example"],
            }
        );
        foreach (var host in (string[])["xn--", "xn--zzzzzzzzzzzzzz--.com", "elsewhere"])
            (
                await StatusAsync(
                    portal,
                    $"POST /admin/api/kcare/checkin HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}",
                    isWhole: true
                )
            ).ShouldBe(400, host);
        ShouldBeQuiet(portal);
    }

    [Fact]
    public async Task A_caller_that_hangs_up_in_the_midst_leaves_no_trace_in_the_log()
    {
        await using var portal = await StartAsync();
        // Several times: it depends on when the end of the connection is seen.
        foreach (var path in Enumerable.Repeat(s_paths, 5).SelectMany(paths => paths))
        {
            foreach (
                var head in (string[])
                    [
                        $"Content-Type: {Json}\r\nContent-Length: 500\r\n",
                        $"Content-Type: {Form}\r\nContent-Length: 500\r\n",
                        $"Content-Type: {Form}\r\nTransfer-Encoding: chunked\r\n",
                        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 500\r\n",
                    ]
            )
            {
                using var client = new TcpClient();
                await client.ConnectAsync(portal.Address.Host, portal.Address.Port, Cancellation);
                await client
                    .GetStream()
                    .WriteAsync(
                        Encoding.Latin1.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n--x\r\n{{"),
                        Cancellation
                    );
                client.Client.LingerState = new LingerOption(enable: true, seconds: 0); // Ends in a reset.
            }
        }

        // What came before is done with when an answer to each of these has come.
        for (var n = 0; n < 20; n++)
            (
                await StatusAsync(
                    portal,
                    "POST /admin/api/kcare/checkin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
                    isWhole: true
                )
            ).ShouldBe(401);
        ShouldBeQuiet(portal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_malformed_is_refused_unless_its_caller_has_hung_up(bool hungUp)
    {
        var context = new DefaultHttpContext { RequestAborted = new CancellationToken(hungUp) };

        var failure = await Should.ThrowAsync<Exception>(
            RequestBody.Read<int>(context, _ => throw new IOException("Bad chunk size data.")).AsTask()
        );

        failure.ShouldBeOfType(hungUp ? typeof(ConnectionResetException) : typeof(RefusedException));
    }

    [Fact]
    public async Task A_pattern_that_no_database_takes_is_refused_by_every_way()
    {
        await using var visitors = await Visitors.StartAsync();
        var pattern = "%" + new string('x', 50_000) + "%";
        foreach (var name in (string[])["hostname", "ip"])
        {
            foreach (var carrier in (Carrier[])[Carrier.Form, Carrier.Multipart, Carrier.Json])
                (await visitors.Api.Call("GET", "/servers", carrier, ApiCaller.Reader, (name, pattern))).ShouldBeError(
                    System.Net.HttpStatusCode.BadRequest,
                    "bad-request",
                    carrier.ToString()
                );
        }

        foreach (var field in EPortal.Servers.ServerFilters.Fields)
        {
            using var answer = await visitors.Admin.PostAsync(
                "/admin/servers/change",
                ("scope", "all"),
                ("what", "delete"),
                (field.Name, pattern)
            );
            ((int)answer.StatusCode).ShouldBeLessThan(500, field.Name);
        }
    }

    private static Task<TestPortal> StartAsync() => TestPortal.StartAsync();

    private static async Task<int> StatusAsync(TestPortal portal, string request, bool isWhole = false)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(portal.Address.Host, portal.Address.Port, Cancellation);
        var stream = client.GetStream();
        using var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), Cancellation);
            if (!isWhole)
                client.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(answer, Cancellation);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // It may be reset once it is refused.
        }

        var text = Encoding.Latin1.GetString(answer.ToArray());
        return text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(text[9..12]) : 0;
    }

    private static void ShouldBeAnswered(int status, string request) => status.ShouldBeInRange(200, 499, request);

    private static void ShouldBeQuiet(TestPortal portal) =>
        portal
            .Log.Where(line => line.Contains("   at ") && !line.Contains("Exception thrown") && !IsDebug(line))
            .ShouldBeEmpty();

    /// <summary>Lines of the web server that are below what the portal writes to its log.</summary>
    private static bool IsDebug(string line) =>
        line.StartsWith("Connection id \"", StringComparison.Ordinal)
        && (line.Contains("bad request data") || line.Contains("disconnect") || line.Contains("reset"));
}
