using System.Net;
using System.Net.Sockets;

namespace EPortal.Tests.Accounts.Ldap;

/// <summary>Answers whatever it is asked first with the same bytes, then ends the connection.</summary>
internal sealed class FakeDirectory : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public FakeDirectory(byte[] answer)
    {
        _listener.Start();
        Url = $"ldap://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        Served = ServeAsync(answer);
    }

    public string Url { get; }

    /// <summary>Ends with the first connection.</summary>
    public Task Served { get; }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(byte[] answer)
    {
        try
        {
            using var client = await _listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            var asked = new byte[4096];
            if (await stream.ReadAsync(asked) > 0)
                await stream.WriteAsync(answer);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
