using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using EPortal.AgentClient.Wire;

namespace EPortal.EndToEnd.Crash;

/// <summary>Hosts and an administrator who keep a portal busy until it is killed, each noting what it was told.</summary>
internal sealed partial class CrashLoad(CrashSite site, CrashLedger ledger, Uri portal, int seed) : IAsyncDisposable
{
    private const int HostWorkers = 6;

    private readonly HttpClient _http = new() { BaseAddress = portal, Timeout = TimeSpan.FromSeconds(20) };
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _workers = [];
    private int _checkInsInFlight;
    private volatile Process? _command;

    /// <summary>Check-ins that have no answer yet.</summary>
    public int CheckInsInFlight => Volatile.Read(ref _checkInsInFlight);

    /// <summary>A deploy, or another command on patchsets, that runs.</summary>
    public Process? Command => _command;

    public void Begin()
    {
        for (var worker = 0; worker < HostWorkers; worker++)
        {
            var random = new Random((seed * 31) + worker);
            var mine = ledger.Hosts.Where((_, n) => n % HostWorkers == worker).ToList();
            _workers.Add(Task.Run(() => UntilItDiesAsync(() => HostAsync(random, mine))));
        }

        var administrator = new Random(seed);
        _workers.Add(Task.Run(() => UntilItDiesAsync(() => AdministerAsync(administrator))));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_workers);
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task UntilItDiesAsync(Func<Task> work)
    {
        try
        {
            while (!_stop.IsCancellationRequested)
                await work();
        }
        catch (HttpRequestException)
        {
            // The portal was killed: nothing was acknowledged.
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // So was this client.
        }
    }

    private async Task HostAsync(Random random, List<string> mine)
    {
        if (mine.Count == 0 || (mine.Count < 5 && random.Next(10) == 0))
            mine.Add(await RegisterAsync());
        var id = mine[random.Next(mine.Count)];
        if (random.Next(10) == 0)
            await TagAsync(id, $"t:{random.Next(1000)}");
        else
            await CheckInAsync(id);
    }

    private async Task<string> RegisterAsync()
    {
        var answer = await _http.GetStringAsync($"/admin/api/kcare/register_server.plain?hostname=new&key={CrashSite.Key}", _stop.Token);
        var id = ServerId().Match(answer).Groups[1].Value;
        ledger.Registered(id);
        return id;
    }

    private async Task TagAsync(string id, string tags)
    {
        ledger.Tagging(id, tags);
        var answer = await _http.GetStringAsync($"/admin/api/kcare/tag_server.plain?server_id={id}&tag={tags}", _stop.Token);
        if (answer.Contains("code:0", StringComparison.Ordinal))
            ledger.Tagged(id, tags);
    }

    private async Task CheckInAsync(string id)
    {
        var number = ledger.Sending(id);
        Interlocked.Increment(ref _checkInsInFlight);
        using var answer = await _http.PostAsJsonAsync("/admin/api/kcare/checkin", new CheckinRequest
        {
            ServerId = id,
            Hostname = $"host-{number}",
            KernelId = CrashSite.Target,
            PatchLevel = number,
            Version = $"version-{number}",
        }, AgentJson.Default.CheckinRequest, _stop.Token);
        Interlocked.Decrement(ref _checkInsInFlight);
        if (answer.IsSuccessStatusCode)
            ledger.CheckedIn(id, number);
    }

    private Task AdministerAsync(Random random)
    {
        var n = random.Next(1, CrashSite.Patchsets + 1);
        var name = CrashSite.NameOf(n);
        return random.Next(10) switch
        {
            < 5 => CommandAsync(name, "enabled", ["kcare", "deploy", site.ArchiveOf(n)]),
            < 6 => CommandAsync(name, "disabled", ["kcare", "disable", name]),
            < 7 => CommandAsync(name, "undeployed", ["kcare", "unroll", name]),
            < 9 => CommandAsync(name, "gone", ["kcare", "unroll", name, "--delete", "--yes"]),
            _ => AddKeyAsync($"key-{Guid.NewGuid():N}"),
        };
    }

    private async Task CommandAsync(string patchset, string state, string[] command)
    {
        ledger.Moving(patchset, state);
        if (await RunAsync(command) == 0)
            ledger.Moved(patchset, state);
    }

    private async Task AddKeyAsync(string key)
    {
        if (await RunAsync(["key", "-a", key]) == 0)
            ledger.KeyAdded(key);
    }

    private async Task<int> RunAsync(string[] command)
    {
        using var process = Process.Start(site.Installation.Start(Programs.Command, command))!;
        _command = process;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(CancellationToken.None);
        await Task.WhenAll(output, errors);
        _command = null;
        return process.ExitCode;
    }

    [GeneratedRegex("server_id:([A-Za-z0-9]+)")]
    private static partial Regex ServerId();
}
