using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Unicode;
using Bench.Filters;
using Bench.Million;
using EPortal.AgentClient;

namespace Bench.Soak;

/// <summary>
/// A thousand changes a second: hosts that tag themselves and say something new, hosts that come and go, and an admin.
/// </summary>
internal sealed class GrowthLoad(int port, int servers)
{
    /// <summary>Tags and check-ins a second.</summary>
    public const int PacedRate = 960;

    /// <summary>
    /// Registrations a second, each with its end; and changes of the admin, each with a line of the user log.
    /// </summary>
    private const int OtherRate = 20;

    private const int Connections = 32;

    /// <summary>
    /// One in so many of the paced changes is a check-in, which makes a line of a history; the others set tags.
    /// </summary>
    private const int CheckInEvery = 5;

    /// <summary>Lines of histories that come in a second.</summary>
    public const int HistoryRate = PacedRate / CheckInEvery;

    /// <summary>Lines of the user log that come in a second.</summary>
    public const int UserLogRate = OtherRate;

    private static readonly HttpClient s_http = PortalClient.CreateHttpClient(new ProductInfoHeaderValue("soak", "1"));

    private readonly (FleetRequests Requests, byte[] Buffer)[] _of =
    [
        .. Enumerable.Range(0, Connections).Select(_ => (new FleetRequests(servers), new byte[512])),
    ];
    private int _turns;

    /// <summary>Changes by hosts that come and go and by the admin, so far.</summary>
    public long Others { get; private set; }

    /// <summary>Runs for a time.</summary>
    public async Task<PacedResult> RunAsync(TimeSpan time)
    {
        using var stop = new CancellationTokenSource();
        var others = Task.WhenAll(EveryAsync(ComeAndGo, stop.Token), EveryAsync(Administer, stop.Token));
        var first = _turns;
        var result = await Paced.RunAsync(
            port,
            Connections,
            PacedRate,
            time,
            (connection, turn) => Request(connection, first + (turn * Connections) + connection)
        );
        _turns = first + (int)(time.TotalSeconds * PacedRate) + Connections;
        await stop.CancelAsync();
        await others;
        return result;
    }

    /// <summary>No host changes more than it may in an hour: they take turns.</summary>
    private ReadOnlyMemory<byte> Request(int connection, int turn)
    {
        var n = (int)(turn * 611_953L % servers);
        var (requests, buffer) = _of[connection];
        if (turn % CheckInEvery == 0)
            return requests.New(n, turn);
        Utf8.TryWrite(
            buffer,
            $"GET /admin/api/kcare/tag_server.plain?server_id=B{n:d15}&tag=soak;team:{turn % 211} HTTP/1.1\r\nHost: bench\r\n\r\n",
            out var length
        );
        return buffer.AsMemory(0, length);
    }

    private static async Task EveryAsync(Func<int, Task> change, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / OtherRate));
        try
        {
            for (var n = 0; await timer.WaitForNextTickAsync(stop); n++)
                await change(n);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Wanted.
        }
    }

    private async Task ComeAndGo(int n)
    {
        var client = new PortalClient(
            s_http,
            new PortalOptions
            {
                PatchServer = new Uri($"http://127.0.0.1:{port}/"),
                RegistrationUrl = new Uri($"http://127.0.0.1:{port}/admin/api/kcare/"),
            }
        );
        var name = string.Create(CultureInfo.InvariantCulture, $"comes-and-goes-{n}");
        await client.UnregisterAsync(
            await client.RegisterAsync(name, Fleet.Key(1), CancellationToken.None),
            CancellationToken.None
        );
        Others += 2;
    }

    private async Task Administer(int n)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri($"http://127.0.0.1:{port}/admin/api/set_tags")
        );
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{FilterRun.User}:{FilterRun.Password}"))
        );
        request.Content = new FormUrlEncodedContent([
            new("server_id", string.Create(CultureInfo.InvariantCulture, $"B{n % servers:d15}")),
            new("tags", string.Create(CultureInfo.InvariantCulture, $"team:{n % 199}")),
        ]);
        using var answer = await s_http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        Others++;
    }
}
