using System.Globalization;
using System.Net.Sockets;
using System.Text;
using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Trouble;

/// <summary>Many at once, and an end in the middle of work.</summary>
public sealed class LoadTests : IDisposable
{
    private const int Commands = 20;

    private readonly PortalInstallation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task Commands_of_many_processes_and_check_ins_do_not_lose_each_other()
    {
        await _installation.DoAsync("key", "-a", "fleet");
        await using var portal = await _installation.ServeAsync();
        using var http = new HttpClient { BaseAddress = portal.Address };
        var host = await http.RegisterAsync("fleet");

        var commands = Task.WhenAll(
            Enumerable.Range(0, Commands).Select(n => _installation.DoAsync("key", "-a", $"key-{n}"))
        );
        var checkIns = 0;
        for (; !commands.IsCompleted; checkIns++)
            (await http.CheckInAsync(host, $"host-{checkIns}")).EnsureSuccessStatusCode();
        await commands;

        checkIns.ShouldBeGreaterThan(0);
        var keys = await _installation.DoAsync("key", "--json");
        for (var n = 0; n < Commands; n++)
            keys.ShouldContain($"\"key-{n}\"");
        (await _installation.DoAsync("server", "list", "--hostname", $"host-{checkIns - 1}")).ShouldContain(host);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_stop_lets_check_ins_under_way_end(string signal)
    {
        await _installation.DoAsync("key", "-a", "fleet");
        await using var portal = await _installation.ServeAsync();
        using var http = new HttpClient { BaseAddress = portal.Address };
        var host = await http.RegisterAsync("fleet");
        var cancel = TestContext.Current.CancellationToken;
        var body = $$"""{"server_id":"{{host}}","hostname":"last","kernel_id":"{{Sample.Target}}"}""";
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", portal.Address.Port, cancel);
        await using var stream = connection.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /admin/api/kcare/checkin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + $"Content-Length: {body.Length}\r\nExpect: 100-continue\r\n\r\n"
            ),
            cancel
        );
        var answer = new byte[1000];
        Encoding
            .ASCII.GetString(answer, 0, await stream.ReadAsync(answer, cancel))
            .ShouldStartWith("HTTP/1.1 100", customMessage: "it waits for the body");

        var ended = portal.SignalAsync(signal);
        await Eventually.IsTrueAsync("nobody new is let in", async () => !await IsListeningAsync(portal.Address.Port));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(body), cancel);

        Encoding.ASCII.GetString(answer, 0, await stream.ReadAsync(answer, cancel)).ShouldStartWith("HTTP/1.1 200");
        (await ended).ShouldBe(0, portal.Errors);
        (await _installation.DoAsync("server", "list", "--hostname", "last")).ShouldContain(host);
    }

    private static async Task<bool> IsListeningAsync(int port)
    {
        try
        {
            using var connection = new TcpClient();
            await connection.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_stop_lets_a_download_under_way_end(string signal)
    {
        const int Size = 30_000_000;
        await _installation.DoAsync("kcare", "deploy", await _installation.BuildAsync("K1", 1, Size));
        await using var portal = await _installation.ServeAsync();
        using var http = new HttpClient { BaseAddress = portal.Address };
        var cancel = TestContext.Current.CancellationToken;
        using var answer = await http.GetAsync(
            new Uri($"/{Sample.Target}/1/kpatch.bin", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead,
            cancel
        );
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        var read = await body.ReadAsync(new byte[1000], cancel);

        var ended = portal.SignalAsync(signal);
        var rest = new MemoryStream();
        await body.CopyToAsync(rest, cancel);

        (read + rest.Length).ToString(CultureInfo.InvariantCulture).ShouldBe($"{Size}");
        (await ended).ShouldBe(0, portal.Errors);
    }
}
