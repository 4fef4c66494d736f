using System.Globalization;
using System.Net.Http.Headers;
using EPortal.AgentClient;
using EPortal.AgentClient.Wire;

namespace Bench.Soak;

/// <summary>
/// Plays some hosts with the agents' own client: registers, checks in, unregisters, and notes what it is told.
/// </summary>
internal sealed class SoakAgent(int port, string key, int number)
{
    private const int MaxHosts = 300;

    private static readonly HttpClient s_http = PortalClient.CreateHttpClient(new ProductInfoHeaderValue("soak", "1"));

    private readonly Random _random = new(number);
    private readonly PortalClient _portal = new(
        s_http,
        new PortalOptions
        {
            PatchServer = new Uri($"http://127.0.0.1:{port}/"),
            RegistrationUrl = new Uri($"http://127.0.0.1:{port}/admin/api/kcare/"),
            FirstPause = TimeSpan.FromMilliseconds(200),
        }
    );

    public List<SoakHost> Hosts { get; } = [];

    /// <summary>Calls that were answered.</summary>
    public int Answered { get; private set; }

    /// <summary>What should not have been said.</summary>
    public List<string> Wrong { get; } = [];

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await TurnAsync(stop);
                Answered++;
            }
            catch (PortalException e) when (e.IsTransient)
            {
                // Killed meanwhile: what it did is not known, and noted as such.
            }
            catch (PortalException e)
            {
                Wrong.Add(e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task TurnAsync(CancellationToken stop)
    {
        var living = Hosts.Where(host => !host.IsEnding).ToList();
        var choice = _random.Next(100);
        if (living.Count < 5 || (choice < 4 && Hosts.Count < MaxHosts))
            Hosts.Add(new SoakHost(await _portal.RegisterAsync($"soak-{number}-{Hosts.Count}", key, stop)));
        else if (choice < 6)
            await UnregisterAsync(living[_random.Next(living.Count)], stop);
        else
            await CheckInAsync(living[_random.Next(living.Count)], isNew: choice < 35, stop);
    }

    private async Task UnregisterAsync(SoakHost host, CancellationToken stop)
    {
        host.IsEnding = true;
        await _portal.UnregisterAsync(host.Id, stop);
        host.IsEnded = true;
    }

    private async Task CheckInAsync(SoakHost host, bool isNew, CancellationToken stop)
    {
        if (isNew || host.Sent == 0)
            host.Sent++;
        var (said, at) = (host.Sent, DateTimeOffset.UtcNow);
        await _portal.CheckInAsync(
            new CheckInRequest
            {
                ServerId = host.Id,
                Hostname = string.Create(CultureInfo.InvariantCulture, $"soak-{said}"),
                KernelId = Requests.Target,
                Euname = string.Create(CultureInfo.InvariantCulture, $"{said}"),
                PatchLevel = said,
                Uptime = Environment.TickCount64 / 1000,
            },
            stop
        );
        (host.Acknowledged, host.At) = (said, at);
    }
}
