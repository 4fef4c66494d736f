using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using HdrHistogram;

namespace Bench;

/// <summary>An administrator who looks at one thing after another while something else happens.</summary>
internal sealed class Clicks : IAsyncDisposable
{
    private static readonly string[] s_calls =
    [
        "servers?limit=100",
        "servers?is_updated=false&limit=100",
        "servers?checkin_age=-1h&only_count=true",
        "servers?hostname=web-0001%25&limit=50",
        "feeds/",
        "keys/",
        "patchsets/",
    ];

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http;
    private readonly Task _clicking;

    public Clicks(int port, string user, string password)
    {
        _http = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}/admin/api/"),
            Timeout = TimeSpan.FromMinutes(1),
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))
        );
        _clicking = Task.Run(ClickAsync);
    }

    /// <summary>How long answers took, in microseconds.</summary>
    public LongHistogram Latency { get; } = new(60_000_000, 3);

    /// <summary>Clicks that were not answered as they should be.</summary>
    public int Failed { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _clicking;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task ClickAsync()
    {
        for (var n = 0; !_stop.IsCancellationRequested; n++)
        {
            var clock = Stopwatch.StartNew();
            try
            {
                using var answer = await _http.GetAsync(new Uri(s_calls[n % s_calls.Length], UriKind.Relative));
                Failed += answer.IsSuccessStatusCode ? 0 : 1;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                Failed++;
            }

            Latency.RecordValue((long)clock.Elapsed.TotalMicroseconds);
            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(0.3)), Task.Delay(Timeout.Infinite, _stop.Token));
        }
    }
}
