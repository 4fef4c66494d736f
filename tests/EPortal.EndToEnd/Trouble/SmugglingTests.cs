using System.Net;
using System.Net.Sockets;
using System.Text;
using EPortal.EndToEnd.Portal;
using EPortal.EndToEnd.Supply;
using Xunit;

namespace EPortal.EndToEnd.Trouble;

/// <summary>
/// Requests that hide another one, sent to the portal through nginx; the hidden one would register a host.
/// </summary>
public sealed class SmugglingTests : IDisposable
{
    private const string Hidden =
        "GET /admin/api/kcare/register_server.plain?hostname=smuggled&key=k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    private static readonly string[] s_heads =
    [
        $"Content-Length: 0\r\nContent-Length: {Hidden.Length}\r\n",
        $"Content-Length: {Hidden.Length}\r\nTransfer-Encoding: chunked\r\n",
        $"Transfer-Encoding: chunked\r\nContent-Length: {Hidden.Length + 5}\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\tchunked\r\n",
        "X: a\nTransfer-Encoding: chunked\r\n",
        "X: a\r\n Transfer-Encoding: chunked\r\n",
        "Content-Length: +0\r\n",
        "Content-Length: 0x0\r\n",
        $"Content-Length: 0\r\n {Hidden.Length}\r\n",
    ];

    private readonly PortalInstallation _installation = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task Nothing_hidden_gets_through_nginx()
    {
        await _installation.DoAsync("key", "-a", "k");
        await using var portal = await _installation.ServeAsync();
        await using var nginx = await Daemon.NginxInFrontAsync(_installation, portal.Address);

        foreach (var head in s_heads)
        {
            // As one body, and behind the end that chunks would have.
            foreach (var body in new[] { Hidden, "0\r\n\r\n" + Hidden })
                await SendAsync(
                    nginx.Port,
                    $"POST /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n{body}"
                );
            // What was left in the kept connection to the portal would come before this.
            Assert.StartsWith(
                "HTTP/1.1 200",
                await SendAsync(nginx.Port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            );
        }

        Assert.Equal("[]", (await _installation.DoAsync("server", "list", "--json")).Replace(" ", ""));
    }

    private static async Task<string> SendAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Cancel);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancel);
        using var answer = new MemoryStream();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            // It waits for more of the body, as some of these shapes make it.
        }

        return Encoding.ASCII.GetString(answer.ToArray());
    }
}
