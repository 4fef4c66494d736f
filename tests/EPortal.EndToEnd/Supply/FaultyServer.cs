using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EPortal.EndToEnd.Supply;

/// <summary>
/// A web server of static files that does wrong what a test wants: written on a bare socket, because real servers do
/// not let themselves be told to lie. One request a connection.
/// </summary>
internal sealed class FaultyServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly string _root;
    private readonly Task _loop;

    public FaultyServer(string root)
    {
        _root = root;
        _listener.Start();
        _loop = RunAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What it does in place of answering well; false lets a request pass.</summary>
    public Func<Exchange, Task<bool>>? Fault { get; set; }

    /// <summary>What was asked for, with the first byte wanted.</summary>
    public ConcurrentQueue<(string Path, long From)> Asked { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        await _loop;
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_ending.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed at the end of the test.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var (path, from) = await ReadRequestAsync(stream);
                Asked.Enqueue((path, from));
                var file = Path.Combine(_root, path);
                var exchange = new Exchange(
                    path,
                    File.Exists(file) ? await File.ReadAllBytesAsync(file, _ending.Token) : null,
                    from,
                    stream,
                    _ending.Token
                );
                if (Fault is null || !await Fault(exchange))
                    await exchange.AnswerAsync();
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
                // The portal gave up or was killed, or the test has ended.
            }
        }
    }

    private async Task<(string Path, long From)> ReadRequestAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var first = await reader.ReadLineAsync(_ending.Token) ?? throw new IOException("no request");
        var from = 0L;
        while (await reader.ReadLineAsync(_ending.Token) is { Length: > 0 } line)
        {
            if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
                from = long.Parse(line["Range: bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
        }

        return (first.Split(' ')[1].TrimStart('/'), from);
    }
}

/// <summary>One request and the way to its answer.</summary>
/// <param name="Path">What is wanted, below the root.</param>
/// <param name="Content">What it holds; null for nothing of that name.</param>
/// <param name="From">First byte wanted.</param>
/// <param name="Out">Where the answer goes.</param>
/// <param name="Ending">Cancelled when the test ends.</param>
internal sealed record Exchange(string Path, byte[]? Content, long From, NetworkStream Out, CancellationToken Ending)
{
    /// <summary>Answers as a good server does.</summary>
    public async Task AnswerAsync()
    {
        if (Content is null)
            await HeadAsync("404 Not Found", 0);
        else
        {
            await HeadAsync(
                From > 0 ? "206 Partial Content" : "200 OK",
                Content.Length - From,
                From > 0 ? $"Content-Range: bytes {From}-{Content.Length - 1}/{Content.Length}\r\n" : ""
            );
            await Out.WriteAsync(Content.AsMemory((int)From), Ending);
        }
    }

    /// <summary>Status and headers alone.</summary>
    public async Task HeadAsync(string status, long length, string more = "") =>
        await Out.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{more}Connection: close\r\n\r\n"
            ),
            Ending
        );

    /// <summary>
    /// The head of a good answer and the content up to a byte; then the connection is closed, or held open.
    /// </summary>
    public async Task UpToAsync(long end, bool hold = false, TaskCompletionSource? reached = null)
    {
        await HeadAsync("200 OK", Content!.Length);
        await Out.WriteAsync(Content.AsMemory(0, (int)end), Ending);
        reached?.TrySetResult();
        if (hold)
            await HoldAsync();
    }

    /// <summary>Sends nothing until the other side has gone.</summary>
    public async Task HoldAsync()
    {
        var nothing = new byte[1];
        while (await Out.ReadAsync(nothing, Ending) > 0) { }
    }
}
