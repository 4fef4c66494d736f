using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Bench.Filters;
using Bench.Million;
using Bench.Supply;

namespace Bench.Soak;

/// <summary>
/// An operator: publishes patchsets and syncs them, deploys archives and deletes those again, each with a command of
/// its own beside the server, and deletes servers by the API. What the source lists is not deleted: the next sync would
/// bring it back.
/// </summary>
/// <param name="site">The portal.</param>
/// <param name="source">Archives that are published and come by sync.</param>
/// <param name="files">Archives that are deployed from files.</param>
/// <param name="port">Of the portal.</param>
internal sealed class SoakOperator(Site site, Repository source, Repository files, int port)
{
    private readonly List<string> _synced = [];
    private readonly List<string> _deployed = [];
    private int _gone;

    /// <summary>Servers whose deletion was acknowledged.</summary>
    public List<int> Deleted { get; } = [];

    /// <summary>Patchsets that must be there, and those that must not.</summary>
    public (IReadOnlyList<string> There, IReadOnlyList<string> Gone) Patchsets =>
        ([.. _synced, .. _deployed.Skip(_gone)], [.. _deployed.Take(_gone)]);

    /// <summary>Commands that were done.</summary>
    public int Commands { get; private set; }

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(OperateAsync(stop), DeleteAsync(stop));

    private async Task OperateAsync(CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"SOAK{n:d4}");
            var (from, into) = n % 2 == 0 ? (files, _deployed) : (source, _synced);
            await from.AddAsync(name, [(1_000_000 + n).ToString("x40", CultureInfo.InvariantCulture)], 2, 32 << 10);
            if (from == files)
            {
                await CommandAsync("kcare", "deploy", files.Archives[^1]);
            }
            else
            {
                await source.PublishAsync(site.Portal);
                await CommandAsync("kcare", "update");
            }

            into.Add(name);
            if (_deployed.Count - _gone > 6)
            {
                await CommandAsync("kcare", "unroll", _deployed[_gone], "--delete", "--yes");
                _gone++;
            }

            await Task.WhenAny(
                Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None),
                Task.Delay(Timeout.Infinite, stop)
            );
        }
    }

    private async Task CommandAsync(params string[] args)
    {
        await site.Portal.CommandAsync(args);
        Commands++;
    }

    private async Task DeleteAsync(CancellationToken stop)
    {
        using var http = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}/admin/api/"),
            Timeout = TimeSpan.FromSeconds(30),
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{FilterRun.User}:{FilterRun.Password}"))
        );
        for (var n = 0; n < site.Servers && !stop.IsCancellationRequested; n++)
        {
            if (!SoakFleet.IsDoomed(n))
                continue;
            try
            {
                using var body = new FormUrlEncodedContent([
                    new("server_id", string.Create(CultureInfo.InvariantCulture, $"B{n:d15}")),
                ]);
                using var answer = await http.PostAsync(
                    new Uri("delete_server", UriKind.Relative),
                    body,
                    CancellationToken.None
                );
                if (answer.IsSuccessStatusCode)
                    Deleted.Add(n);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Killed meanwhile: it may be gone or not.
            }

            await Task.WhenAny(
                Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None),
                Task.Delay(Timeout.Infinite, stop)
            );
        }
    }
}
