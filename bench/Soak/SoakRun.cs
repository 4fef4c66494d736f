using System.Diagnostics;
using System.Globalization;
using System.Text;
using Bench.Filters;
using Bench.Million;
using Bench.Supply;
using EPortal.Data;

namespace Bench.Soak;

/// <summary>
/// Check-ins, registrations, deletions, reads of the console, deploys and syncs at once, the server killed every
/// minute; the last quarter of the time it is left alone, and what it holds is watched. At the end everything that was
/// acknowledged must be there.
/// </summary>
internal static class SoakRun
{
    private const int Agents = 12;

    public static async Task<int> AllAsync(string outFolder, bool quick)
    {
        var (minutes, between) = quick ? (4, TimeSpan.FromSeconds(20)) : (20, TimeSpan.FromMinutes(1));
        Directory.CreateDirectory(outFolder);
        var folder = Directory.CreateDirectory(Path.Combine(outFolder, $"soak-{Guid.NewGuid():N}")).FullName;
        using var site = new Site(
            Path.Combine(folder, "site"),
            Environment.GetEnvironmentVariable("EPORTAL_OUT") ?? Path.GetFullPath("out"),
            quick ? 10_000 : 50_000
        );
        try
        {
            var text = await RunAsync(site, folder, TimeSpan.FromMinutes(minutes), between);
            Console.WriteLine(text.Report);
            await File.WriteAllTextAsync(Path.Combine(outFolder, "soak.md"), text.Report);
            return text.Faults == 0 ? 0 : 1;
        }
        finally
        {
            site.Dispose(); // Before its folder goes.
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(string Report, int Faults)> RunAsync(
        Site site,
        string folder,
        TimeSpan time,
        TimeSpan between
    )
    {
        await site.FurnishAsync(null);
        var (repository, files) = (
            new Repository(Path.Combine(folder, "source")),
            new Repository(Path.Combine(folder, "files"))
        );
        await repository.AddAsync("SOAK", [new string('f', 40)], 1, 1024);
        await repository.PublishAsync(site.Portal);
        using var upstream = await Server.NginxAsync(folder, "upstream", $"access_log off; root {repository.Root};");
        site.Portal.Set("PATCH_SOURCE_URL", $"http://127.0.0.1:{upstream.Port}/");
        site.Portal.Set("TRUSTED_KEYS", $"['{repository.PublicKey}', '{files.PublicKey}']");
        site.Fill();
        await site.StartAsync();

        var port = site.Server.Port;
        var agents = Enumerable.Range(0, Agents).Select(n => new SoakAgent(port, Fleet.Key(1), n)).ToList();
        var (fleet, human) = (new SoakFleet(port, site.Servers), new SoakOperator(site, repository, files, port));
        using var stop = new CancellationTokenSource();
        async Task Or(Task one)
        {
            try
            {
                await one;
            }
            catch
            {
                await stop.CancelAsync(); // What fails is to be told now and not in an hour.
                throw;
            }
        }

        var work = Task.WhenAll([
            .. agents.Select(agent => Task.Run(() => agent.RunAsync(stop.Token))),
            fleet.RunAsync(stop.Token),
            Or(human.RunAsync(stop.Token)),
        ]);
        var clock = Stopwatch.StartNew();
        var kills = 0;
        (double MiB, int Handles) early,
            late;
        await using (var clicks = new Clicks(port, FilterRun.User, FilterRun.Password))
        {
            for (; clock.Elapsed < time * 0.75 && !work.IsCompleted; kills++)
            {
                await Task.WhenAny(work, Task.Delay(between));
                site.Server.Kill();
                await site.StartAsync();
                Console.Error.WriteLine($"{clock.Elapsed:mm\\:ss} killed {kills + 1} times");
            }

            await Task.WhenAny(work, Task.Delay(time / 10));
            early = (site.Server.MemoryMiB, site.Server.Handles);
            await Task.WhenAny(
                work,
                Task.Delay(time - clock.Elapsed > TimeSpan.Zero ? time - clock.Elapsed : TimeSpan.FromSeconds(1))
            );
            late = (site.Server.MemoryMiB, site.Server.Handles);
        }

        await stop.CancelAsync();
        await work;
        site.Server.Kill();
        kills++;
        // What the killed one had not taken into its rows, the next one takes.
        await site.StartAsync();
        await site.CatchUpAsync();
        site.Server.Kill();
        using var database = Database.Open(Path.GetDirectoryName(site.Database)!);
        var faults = database.Read(session => Audit(session, agents, fleet, human));
        faults.AddRange(agents.SelectMany(agent => agent.Wrong));
        if (late.Handles > early.Handles + 20)
            faults.Add($"open files grew from {early.Handles} to {late.Handles}");
        if (late.MiB > (early.MiB * 1.25) + 20)
            faults.Add($"memory grew from {early.MiB:0} to {late.MiB:0} MiB");
        return (Tell(clock.Elapsed, kills, agents, fleet, human, early, late, faults), faults.Count);
    }

    private static List<string> Audit(Session session, List<SoakAgent> agents, SoakFleet fleet, SoakOperator human)
    {
        var audit = new SoakAudit(session);
        audit.Agents(agents.SelectMany(agent => agent.Hosts));
        audit.Fleet(fleet.At, fleet.News, human.Deleted);
        audit.Patchsets(human.Patchsets.There, human.Patchsets.Gone);
        audit.Counts();
        return audit.Faults;
    }

    private static string Tell(
        TimeSpan time,
        int kills,
        List<SoakAgent> agents,
        SoakFleet fleet,
        SoakOperator human,
        (double MiB, int Handles) early,
        (double MiB, int Handles) late,
        List<string> faults
    )
    {
        var hosts = agents.SelectMany(agent => agent.Hosts).ToList();
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{time.TotalMinutes:0} minutes, {kills} times `kill -9`. {Machine.Describe()}\n\n"
        );
        text.Append("| what | acknowledged |\n| --- | ---: |\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"| check-ins of a fleet of {fleet.At.Length:N0} | {fleet.Acknowledged:N0} |\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"| calls of agents (register, check in, unregister) | {agents.Sum(agent => agent.Answered):N0} |\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"| hosts registered | {hosts.Count:N0} |\n| hosts unregistered | {hosts.Count(host => host.IsEnded):N0} |\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"| servers deleted by the API | {human.Deleted.Count:N0} |\n| commands (deploy, update, unroll --delete) | {human.Commands:N0} |\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"\nMemory {early.MiB:0} MiB, later {late.MiB:0} MiB; open files {early.Handles}, later {late.Handles}.\n\n"
        );
        text.Append(CultureInfo.InvariantCulture, $"The audit found {faults.Count} faults.\n");
        // A few of each kind.
        foreach (
            var fault in faults
                .GroupBy(fault => string.Concat(fault.Where(c => c is < '0' or > '9')))
                .SelectMany(kind => kind.Take(5))
        )
            text.Append(CultureInfo.InvariantCulture, $"- {fault}\n");
        return text.ToString();
    }
}
