using System.Net;
using System.Net.Sockets;
using System.Text;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>S30: large, many, deep and slow; the rest goes on being served.</summary>
[Trait("threat", "S30")]
public sealed class ResourceExhaustionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_without_end_is_cut_off()
    {
        await using var api = await ApiCaller.StartAsync();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var head =
            $"POST /admin/api/feeds HTTP/1.1\r\nHost: localhost\r\nAuthorization: {TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}")}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        using var client = new TcpClient();
        await client.ConnectAsync(api.Portal.Address.Host, api.Portal.Address.Port, Cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), Cancellation);
        var chunk = Encoding.ASCII.GetBytes($"10000\r\n{new string(' ', 0x10000)}\r\n");
        long sent = 0;
        try
        {
            for (; sent < 1L << 30; sent += chunk.Length)
                await stream.WriteAsync(chunk, Cancellation);
        }
        catch (IOException)
        {
            // Cut off, as it should be.
        }

        sent.ShouldBeLessThan(64 << 20);
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(256 << 20);
        (await api.Get("/feeds")).Status.ShouldBe(HttpStatusCode.OK);
    }

    public static TheoryData<string, string, string> Bodies =>
        new()
        {
            {
                "values in a form",
                "application/x-www-form-urlencoded",
                string.Concat(Enumerable.Repeat("a=1&", 100_000))
            },
            {
                "names in a form",
                "application/x-www-form-urlencoded",
                string.Join('&', Enumerable.Range(0, 100_000).Select(number => $"n{number}=1"))
            },
            {
                "values in JSON",
                "application/json",
                $"{{\"name\":[{string.Join(',', Enumerable.Repeat("1", 100_000))}]}}"
            },
            {
                "names in JSON",
                "application/json",
                $"{{{string.Join(',', Enumerable.Range(0, 50_000).Select(number => $"\"n{number}\":1"))}}}"
            },
            { "depth", "application/json", new string('[', 100_000) },
            { "depth within a value", "application/json", "{\"name\":" + new string('[', 100_000) },
            {
                "parts",
                "multipart/form-data; boundary=x",
                string.Concat(
                    Enumerable
                        .Range(0, 10_000)
                        .Select(number => $"--x\r\nContent-Disposition: form-data; name=n{number}\r\n\r\n1\r\n")
                ) + "--x--\r\n"
            },
            {
                "headers of a part",
                "multipart/form-data; boundary=x",
                "--x\r\n"
                    + string.Concat(Enumerable.Range(0, 10_000).Select(number => $"H{number}: 1\r\n"))
                    + "\r\n1\r\n--x--\r\n"
            },
            {
                "a part without end",
                "multipart/form-data; boundary=x",
                "--x\r\nContent-Disposition: form-data; name=name\r\n\r\n" + new string('a', 900_000)
            },
            { "a long value", "application/x-www-form-urlencoded", "name=" + new string('a', 1_000_000) },
            { "a boundary without end", "multipart/form-data; boundary=" + new string('x', 4000), "--x\r\n" },
        };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Too_much_of_anything_is_refused(string what, string type, string body)
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/feeds")
        {
            Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body)),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");

        var answer = await api.Send(request);

        answer.Status.ShouldBeOneOf([HttpStatusCode.BadRequest, HttpStatusCode.RequestEntityTooLarge], what);
        answer.Json.GetProperty("error").GetString().ShouldNotBeNull(what);
        (await api.Get("/feeds")).Result.GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Too_many_values_in_an_address_are_refused()
    {
        await using var api = await ApiCaller.StartAsync();
        foreach (
            var query in new[]
            {
                string.Concat(Enumerable.Repeat("&tag=1", 1200)),
                string.Concat(Enumerable.Repeat("&a", 100_000)),
            }
        )
        {
            var answer = await RawHttp.GetAsync(
                api.Portal.Address,
                "/admin/api/servers?" + query,
                $"Authorization: {TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}")}"
            );
            answer.Status.ShouldBeOneOf(400, 414, 431);
        }
    }

    [Fact]
    public async Task Headers_that_drip_are_not_waited_for()
    {
        await using var api = await ApiCaller.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(api.Portal.Address.Host, api.Portal.Address.Port, Cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "u8.ToArray(), Cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(40));

        var answer = new byte[64];
        var length = await stream.ReadAsync(answer, limit.Token);

        Encoding.ASCII.GetString(answer, 0, length).ShouldStartWith("HTTP/1.1 408");
    }
}
