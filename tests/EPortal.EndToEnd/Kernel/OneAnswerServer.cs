using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EPortal.EndToEnd.Kernel;

/// <summary>Answers one HTTP/1.0 request on the loopback address with a fixed text.</summary>
internal sealed class OneAnswerServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _answer;

    public OneAnswerServer(string text)
    {
        _listener.Start();
        _answer = AnswerAsync(text);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _answer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AnswerAsync(string text)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        while (await reader.ReadLineAsync() is not (null or "")) { }

        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.0 200 OK\r\n\r\n{text}"));
    }
}
