using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using EPortal.EndToEnd.Portal;

namespace EPortal.EndToEnd.Service;

/// <summary>
/// Calls a portal 200 times a second until it is told to stop, half with connections that are kept, half with new
/// ones, reading and writing, and counts what was not answered as it should be.
/// </summary>
internal sealed class SteadyCaller : IAsyncDisposable
{
    private const int EachSecond = 200;

    /// <summary>
    /// How long a connection is used again: half of what a portal that stops waits for requests (DrainingTransport).
    /// Over one that is idle for longer a request may cross its end, which no server can prevent (RFC 9112, 9.5).
    /// </summary>
    private static readonly TimeSpan s_kept = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _keeps;
    private readonly HttpClient _anew;
    private readonly string _server;
    private readonly Task _run;
    private int _answered;

    public SteadyCaller(Uri portal, string server)
    {
        _server = server;
        _keeps = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = s_kept })
        {
            BaseAddress = portal,
            Timeout = TimeSpan.FromSeconds(30),
        };
        _anew = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero })
        {
            BaseAddress = portal,
            Timeout = TimeSpan.FromSeconds(30),
        };
        _run = Task.Run(RunAsync);
    }

    /// <summary>Calls that were answered.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>What went wrong.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Stops, and waits for the last answers.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _run;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _keeps.Dispose();
        _anew.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var open = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / EachSecond));
        try
        {
            for (var number = 0; await timer.WaitForNextTickAsync(_stop.Token); number++)
                open.Add(CallAsync(number));
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }

        await Task.WhenAll(open);
    }

    private async Task CallAsync(int number)
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            var http = number % 2 == 0 ? _keeps : _anew;
            using var answer =
                number % 4 < 2
                    ? await http.GetAsync(new Uri("/healthz", UriKind.Relative))
                    : await http.PostAsync(
                        new Uri("/admin/api/kcare/checkin", UriKind.Relative),
                        new StringContent(
                            $$"""{"server_id":"{{_server}}","hostname":"h","kernel_id":"{{Sample.Target}}","uptime":{{number}}}""",
                            Encoding.UTF8,
                            "application/json"
                        )
                    );
            if (answer.StatusCode == HttpStatusCode.OK)
                Interlocked.Increment(ref _answered);
            else
                Failures.Enqueue($"{number}: {answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            Failures.Enqueue(
                $"{number}: {e.Message} {e.InnerException?.Message} after {Stopwatch.GetElapsedTime(begun)}"
            );
        }
    }
}
