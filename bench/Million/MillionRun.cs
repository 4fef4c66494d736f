using System.Globalization;

namespace Bench.Million;

/// <summary>
/// Very many hosts on one small machine: rates beside their floors, latency, overload, start, memory, and the shape of
/// growth.
/// </summary>
internal static class MillionRun
{
    private const int Connections = 128;
    private const int FileConnections = 8;
    private const string Bare = "bare server, constant answer to a check-in";
    private const string BareGet = "bare server, constant answer to a GET";
    private const string Same = "check-ins, nothing new";
    private const string Changed = "check-ins, a fact changed each time";
    private const string Latest = "latest.v2 without facts";
    private const string Register = "registrations of new hosts";

    private static readonly Ratio[] s_ratios =
    [
        new(Same, Bare) { AtLeast = 0.5 },
        new(Changed, Bare) { AtLeast = 0.3 },
        new(Register, BareGet) { AtLeast = 0.25 },
        new(Latest, BareGet) { AtLeast = 0.8 },
        .. SizedFile.All.Select(file => new Ratio($"portal, {file.Name}", $"nginx, {file.Name}", Bytes: true)
        {
            AtLeast = 0.9,
        }),
    ];

    public static async Task<int> AllAsync(string outFolder, bool quick)
    {
        var (rounds, time) = quick ? (3, TimeSpan.FromSeconds(1.5)) : (5, TimeSpan.FromSeconds(4));
        int[] sizes = quick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000];
        Directory.CreateDirectory(outFolder);
        var report = new Report(
            "million",
            $"{Machine.Describe()}\n{sizes[^1]:N0} registered hosts, {Connections} connections. {Run.Rounds(rounds, time)}",
            s_ratios
        );
        var folder = Directory.CreateDirectory(Path.Combine(outFolder, $"million-{Guid.NewGuid():N}")).FullName;
        var sites = sizes
            .Select(size => new Site(Path.Combine(folder, size.ToString(CultureInfo.InvariantCulture)), Programs, size))
            .ToList();
        try
        {
            for (var n = 0; n < sites.Count; n++)
                await sites[n].FurnishAsync(n == 0 ? null : sites[0]);
            sites.ForEach(site => site.Fill());
            Console.Error.WriteLine("fleets are written");
            await StartsAsync(report, sites[^1]);
            foreach (var site in sites)
                await site.StartAsync();
            using (var bare = await Server.BareAsync())
            using (var nginx = await Server.NginxAsync(folder, sites[0].Portal.Files))
            {
                for (var round = 0; round <= rounds; round++)
                    await RoundAsync(
                        round == 0 ? null : report,
                        round,
                        round == 0 ? time * 3 : time,
                        sites,
                        bare,
                        nginx
                    );
            }

            foreach (var site in sites.SkipLast(1))
                site.Dispose();
            await LoadDetector.RunAsync(report, sites[^1], report.Median(Same), quick);
        }
        finally
        {
            sites.ForEach(site => site.Dispose());
            Directory.Delete(folder, recursive: true);
        }

        report.Write(outFolder);
        return 0;
    }

    private static string Programs => Environment.GetEnvironmentVariable("EPORTAL_OUT") ?? Path.GetFullPath("out");

    private static async Task StartsAsync(Report report, Site site)
    {
        var seconds = new List<double>();
        for (var n = 0; n < 3; n++)
        {
            seconds.Add(await site.StartAsync());
            site.Dispose();
        }

        report.Target("from exec to the first answer", seconds.Order().ElementAt(1), "s", atMost: 2);
    }

    /// <summary>One turn of everything; the first warms up and is not reported.</summary>
    private static async Task RoundAsync(
        Report? report,
        int round,
        TimeSpan time,
        List<Site> sites,
        Server bare,
        Server nginx
    )
    {
        var big = sites[^1];
        var all = Enumerable.Range(0, Connections).Select(_ => new FleetRequests(big.Servers)).ToArray();
        int Turn(int connection, int turn) => (round * 10_000_000) + (turn * Connections) + connection;

        report?.Add(Bare, await Load.RunAsync(bare.Port, Connections, time, (c, t) => all[c].Same(Turn(c, t))));
        foreach (var site in sites)
        {
            var requests = Enumerable.Range(0, Connections).Select(_ => new FleetRequests(site.Servers)).ToArray();
            var result = await Load.RunAsync(
                site.Server.Port,
                Connections,
                time,
                (c, t) => requests[c].Same(Turn(c, t))
            );
            report?.Add(site == big ? Same : SameOf(site), result);
        }

        var changed = await Load.RunAsync(
            big.Server.Port,
            Connections,
            time,
            (c, t) => all[c].Changed(Turn(c, t), round)
        );
        report?.Add(Changed, changed);
        // What is put off must be done before anything else is measured, and said.
        var behind = await big.CatchUpAsync();
        report?.Note(
            $"round {round}: lists were behind, after {changed.PerSecond * time.TotalSeconds:0} changes in {time.TotalSeconds:0.#} s, for",
            behind,
            "s"
        );
        report?.Add(BareGet, await Load.RunAsync(bare.Port, Connections, time, (c, t) => all[c].Latest(Turn(c, t))));
        report?.Add(
            Latest,
            await Load.RunAsync(big.Server.Port, Connections, time, (c, t) => all[c].Latest(Turn(c, t)))
        );
        var registered = await Load.RunAsync(big.Server.Port, Connections, time, (c, t) => all[c].Register(Turn(c, t)));
        report?.Add(Register, registered);
        behind = await big.CatchUpAsync();
        report?.Note(
            $"round {round}: lists were behind, after {registered.PerSecond * time.TotalSeconds:0} registrations, for",
            behind,
            "s"
        );
        foreach (var file in SizedFile.All)
        {
            var request = file.Request;
            report?.Add(
                $"nginx, {file.Name}",
                await Load.RunAsync(nginx.Port, FileConnections, time, (_, _) => request)
            );
            report?.Add(
                $"portal, {file.Name}",
                await Load.RunAsync(big.Server.Port, FileConnections, time, (_, _) => request)
            );
        }

        Console.Error.WriteLine(round == 0 ? "warmed up" : $"round {round}");
        if (round > 0 && report is not null)
            report.Growth(Same, SameOf(sites[0]));
    }

    private static string SameOf(Site site) => $"the same with {site.Servers:N0} hosts";
}
