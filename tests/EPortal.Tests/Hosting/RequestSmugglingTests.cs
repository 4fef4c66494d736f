using System.Text;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>
/// S31: shapes by which one request hides another from a server in front. The one that hides would register a host.
/// </summary>
[Trait("threat", "S31")]
public sealed class RequestSmugglingTests
{
    private const string Hidden =
        "GET /admin/api/kcare/register_server.plain?hostname=smuggled&key=k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    public static TheoryData<string, string> Shapes =>
        new()
        {
            {
                "two lengths",
                $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: {Hidden.Length}\r\n\r\n{Hidden}"
            },
            {
                "a list of lengths",
                $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0, {Hidden.Length}\r\n\r\n{Hidden}"
            },
            { "a length in hex", $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x0\r\n\r\n{Hidden}" },
            {
                "an unknown coding",
                $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n{Hidden}"
            },
            {
                "chunked before another coding",
                $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{Hidden}"
            },
            {
                "a bare line feed in the head",
                $"POST /healthz HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n{Hidden}"
            },
            {
                "a folded line",
                $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n {Hidden.Length}\r\n\r\n{Hidden}"
            },
            {
                "a space before the colon",
                $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length : 0\r\n\r\n{Hidden}"
            },
            {
                "a bare carriage return",
                $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\rContent-Length: 0\r\n\r\n{Hidden}"
            },
            {
                "a chunk size with a sign",
                $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n-0\r\n\r\n{Hidden}"
            },
            {
                "a chunk that ends with a bare line feed",
                $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n{Hidden}"
            },
        };

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task They_are_refused_and_the_hidden_request_is_never_served(string what, string request)
    {
        await using var api = await ApiCaller.StartAsync();

        var answer = await RawHttp.SendAsync(api.Portal.Address, Encoding.ASCII.GetBytes(request));

        answer.Status.ShouldBeOneOf(400, 405, 501);
        answer.Text.ShouldNotContain("server_id:", Case.Sensitive, what);
        (await api.Get("/servers")).Json.GetProperty("count").GetInt64().ShouldBe(0, what);
    }

    [Fact]
    public async Task Length_and_chunks_together_end_the_connection()
    {
        await using var api = await ApiCaller.StartAsync();

        // RFC 9112, 6.3: chunked counts, and the connection is not used again.
        await RawHttp.SendAsync(
            api.Portal.Address,
            Encoding.ASCII.GetBytes(
                $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Hidden.Length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Hidden}"
            )
        );

        (await api.Get("/servers")).Json.GetProperty("count").GetInt64().ShouldBe(0);
    }
}
