using System.Net.Http.Headers;
using EPortal.AgentClient;
using EPortal.Format;

namespace EPortal.Demo;

/// <summary>Some hundreds of hosts that call the portal over HTTP for as long as the demonstration runs.</summary>
internal sealed class DemoFleet(Uri portal, TrustedKeys trusted, string folder, int size, Action<string> note)
    : IDisposable
{
    private const int Parallel = 16;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = PortalClient.CreateHttpClient(new ProductInfoHeaderValue("kcarectl", "demo"));
    private readonly List<DemoHost> _hosts = [];

    /// <summary>Registers the hosts and has each check in once.</summary>
    public async Task StartAsync(Func<int, string> keyOf, IProgress<long> progress, CancellationToken cancel)
    {
        _hosts.AddRange(
            Enumerable.Range(1, size).Select(number => new DemoHost(_http, portal, trusted, folder, number))
        );
        var done = 0;
        await System.Threading.Tasks.Parallel.ForAsync(
            0,
            size,
            Options(cancel),
            async (n, stop) =>
            {
                await _hosts[n].RegisterAsync(keyOf(n), stop);
                await _hosts[n].CheckInAsync(stop);
                progress.Report(Interlocked.Increment(ref done));
            }
        );
    }

    /// <summary>Lets the hosts check in at random moments until told to stop.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            await Task.WhenAll(_hosts.Select(host => RunAsync(host, cancel)));
            await Task.Delay(Timeout.Infinite, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The demonstration ends.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Until told to stop, or until the portal no longer knows the host because a user deleted it.</summary>
    private async Task RunAsync(DemoHost host, CancellationToken cancel)
    {
        while (true)
        {
            await Task.Delay(LongestPause * Random.Shared.NextDouble(), cancel);
            try
            {
                await host.CheckInAsync(cancel);
            }
            catch (PortalException e) when (e.Code == PortalError.UnknownServer)
            {
                return;
            }
            catch (PortalException e)
            {
                // Users may try anything with this portal: the host calls again, as agents do.
                note($"{host.Hostname}: {e.Message}");
            }
        }
    }

    private static ParallelOptions Options(CancellationToken cancel) =>
        new() { MaxDegreeOfParallelism = Parallel, CancellationToken = cancel };
}
