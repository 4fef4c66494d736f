using System.Collections.Concurrent;
using System.Diagnostics;
using EPortal.AgentClient;
using EPortal.AgentClient.Wire;
using EPortal.EndToEnd.Portal;
using Shouldly;

namespace EPortal.EndToEnd.Crash;

/// <summary>
/// Hosts and administrators who keep a portal busy until it is killed, each noting what they were told.
/// </summary>
internal sealed class CrashLoad(CrashSite site, CrashLedger ledger, PortalProcess portal, int seed) : IAsyncDisposable
{
    private const int HostWorkers = 6;
    private const int Administrators = 2;
    private const int DiedOfKill = 128 + 9;

    private readonly HttpClient _http = CrashSite.CreateHttp();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, Process> _commands = new();
    private readonly List<Task> _workers = [];
    private int _checkInsInFlight;
    private volatile bool _dying;

    /// <summary>Check-ins that have no answer yet.</summary>
    public int CheckInsInFlight => Volatile.Read(ref _checkInsInFlight);

    /// <summary>Commands that run.</summary>
    public int Commands => _commands.Count;

    public void Begin()
    {
        var client = CrashSite.ClientOf(_http, portal);
        for (var worker = 0; worker < HostWorkers; worker++)
        {
            var random = new Random((seed * 31) + worker);
            var mine = ledger.Hosts.Where((_, n) => n % HostWorkers == worker).ToList();
            _workers.Add(Task.Run(() => UntilItDiesAsync(() => HostAsync(client, random, mine))));
        }

        for (var administrator = 0; administrator < Administrators; administrator++)
        {
            var random = new Random((seed * 37) + administrator);
            var first = administrator;
            _workers.Add(Task.Run(() => UntilItDiesAsync(() => AdministerAsync(first, random))));
        }
    }

    /// <summary>Kills the server and, if asked to, the commands that run; how many those were.</summary>
    public async Task<int> KillAsync(bool commandsToo)
    {
        _dying = true;
        var killed = commandsToo ? _commands.Values.Count(TryKill) : 0;
        await portal.SignalAsync("KILL");
        return killed;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_workers);
        _http.Dispose();
        _stop.Dispose();
    }

    private static bool TryKill(Process command)
    {
        try
        {
            command.Kill();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // It ended by itself just now.
        }
    }

    private async Task UntilItDiesAsync(Func<Task> work)
    {
        try
        {
            while (!_dying && !_stop.IsCancellationRequested)
                await work();
        }
        catch (PortalException e) when (_dying && e.Code == PortalError.Unreachable)
        {
            // The portal was killed: nothing was acknowledged.
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // So was this client.
        }
    }

    private async Task HostAsync(PortalClient client, Random random, List<string> mine)
    {
        if (mine.Count == 0 || (mine.Count < 5 && random.Next(10) == 0))
        {
            mine.Add(await client.RegisterAsync("new", CrashSite.Key, _stop.Token));
            ledger.Registered(mine[^1]);
        }

        var id = mine[random.Next(mine.Count)];
        if (random.Next(10) == 0)
            await TagAsync(client, id, $"t:{random.Next(1000)}");
        else
            await CheckInAsync(client, id, CrashSite.Targets[random.Next(CrashSite.Targets.Count)]);
    }

    private async Task TagAsync(PortalClient client, string id, string tags)
    {
        ledger.Tagging(id, tags);
        await client.TagAsync(id, tags, _stop.Token);
        ledger.Tagged(id, tags);
    }

    private async Task CheckInAsync(PortalClient client, string id, string target)
    {
        var number = ledger.Sending(id);
        Interlocked.Increment(ref _checkInsInFlight);
        await client.CheckInAsync(
            new CheckInRequest
            {
                ServerId = id,
                Hostname = $"host-{number}",
                KernelId = target,
                PatchLevel = number,
                Version = $"version-{number}",
            },
            _stop.Token
        );
        ledger.CheckedIn(id, number);
        Interlocked.Decrement(ref _checkInsInFlight);
    }

    /// <summary>Each administrator has patchsets of his own, so that what a command must answer is known.</summary>
    private Task AdministerAsync(int administrator, Random random)
    {
        var n =
            1
            + administrator
            + (Administrators * random.Next((CrashSite.Patchsets - administrator + 1) / Administrators));
        var name = CrashSite.NameOf(n);
        return random.Next(10) switch
        {
            < 4 => CommandAsync(name, "enabled", ["kcare", "deploy", site.ArchiveOf(n)]),
            < 5 => CommandAsync(name, "disabled", ["kcare", "disable", name]),
            < 6 => CommandAsync(name, "undeployed", ["kcare", "unroll", name]),
            < 9 => CommandAsync(name, "gone", ["kcare", "unroll", name, "--delete", "--yes"]),
            _ => AddKeyAsync($"key-{Guid.NewGuid():N}"),
        };
    }

    private async Task CommandAsync(string patchset, string state, string[] command)
    {
        var isHere = ledger.Moving(patchset, state);
        var (exit, errors) = await RunAsync(command);
        if (exit == DiedOfKill)
            return;
        exit.ShouldBe(isHere || state == "enabled" ? 0 : 1, $"{string.Join(' ', command)}: {errors}");
        ledger.Moved(patchset, exit == 0 ? state : "gone");
    }

    private async Task AddKeyAsync(string key)
    {
        var (exit, errors) = await RunAsync(["key", "-a", key]);
        if (exit == DiedOfKill)
            return;
        exit.ShouldBe(0, errors);
        ledger.KeyAdded(key);
    }

    private async Task<(int Exit, string Errors)> RunAsync(string[] command)
    {
        using var process = Process.Start(site.Installation.Start(Programs.Command, command))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        _commands.TryAdd(process.Id, process);
        await process.WaitForExitAsync(CancellationToken.None);
        _commands.TryRemove(process.Id, out _);
        await output;
        return (process.ExitCode, await errors);
    }
}
