using System.Diagnostics;
using System.Globalization;
using Bench.Million;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Hosting;

namespace Bench.Replication;

/// <summary>
/// Two portals that replicate on this machine: how long a change takes to the other node, how long they take to agree
/// again after they were apart, and what that costs check-ins.
/// </summary>
internal static class ReplicationRun
{
    private const int Changes = 10_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    public static async Task<int> AllAsync(string outFolder, bool quick)
    {
        Directory.CreateDirectory(outFolder);
        var folder = Directory.CreateDirectory(Path.Combine(outFolder, $"replication-{Guid.NewGuid():N}")).FullName;
        var report = new Report("replication", $"{Machine.Describe()}\nTwo portals on this machine.", []);
        try
        {
            await LagAndCostAsync(folder, report, quick);
            await HealAsync(folder, report, quick);
            await ApartAsync(folder, report, quick ? 10_000 : 75_000);
            await FirstSyncAsync(folder, report, quick ? 100_000 : 1_000_000);
            report.Write(outFolder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static async Task LagAndCostAsync(string root, Report report, bool quick)
    {
        using var pair = await PairAsync(root, "lag", 10_000);
        await pair.StartAsync(withFollower: false);
        // Once more for the same code, compiled: the first time it is still being improved.
        await CostAsync(pair, quick);
        var alone = await CostAsync(pair, quick);
        await pair.StartFollowerAsync();
        await pair.AgreeAsync(s_patience);
        await pair.HaveSameCheckInsAsync(s_patience);
        report.Target("lag of a change at rest, p99", await LagAsync(pair, report, "at rest", 100), "s", 1);
        var both = await CostAsync(pair, quick);
        report.Note("processor time of a check-in, alone", alone * 1e6, "µs");
        report.Note("processor time of a check-in, with a follower", both * 1e6, "µs");
        report.Target("cost of a check-in with a follower : alone", both / alone, "times", 1.15);
        using var stop = new CancellationTokenSource();
        var load = Task.Run(() => CheckInsAsync(pair, TimeSpan.FromSeconds(quick ? 20 : 40)), stop.Token);
        await LagAsync(pair, report, "at 2,000 check-ins a second", 60);
        await load;
    }

    /// <summary>Processor time of the leader for a check-in, at 2,000 a second.</summary>
    private static async Task<double> CostAsync(Pair pair, bool quick)
    {
        var time = TimeSpan.FromSeconds(quick ? 5 : 15);
        await CheckInsAsync(pair, TimeSpan.FromSeconds(3));
        var before = pair.Leader.Server.CpuSeconds;
        var taken = await CheckInsAsync(pair, time);
        return (pair.Leader.Server.CpuSeconds - before) / (taken * time.TotalSeconds);
    }

    private static async Task<double> CheckInsAsync(Pair pair, TimeSpan time)
    {
        const int Connections = 64;
        var requests = Enumerable.Range(0, Connections).Select(_ => new FleetRequests(pair.Leader.Servers)).ToArray();
        var result = await Paced.RunAsync(
            pair.Leader.Server.Port,
            Connections,
            2000,
            time,
            (connection, turn) => requests[connection].Same((turn * Connections) + connection)
        );
        return result.Taken;
    }

    private static async Task<double> LagAsync(Pair pair, Report report, string when, int times)
    {
        var lags = new List<double>();
        await using var writer = new DirectWriter(pair.Leader.Database);
        for (var n = 0; n < times; n++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"lag-{when.Length}-{n}");
            await writer.AddFeedAsync(name);
            var clock = Stopwatch.StartNew();
            while (pair.Follower.Count($"SELECT count(*) FROM feed WHERE name = '{name}'") == 0)
                await Task.Delay(1);
            lags.Add(clock.Elapsed.TotalSeconds);
            await Task.Delay(20 + (n * 37 % 150));
        }

        lags.Sort();
        report.Note($"lag of a change {when}, p50", lags[lags.Count / 2] * 1000, "ms");
        report.Note($"lag of a change {when}, p99", lags[(int)(lags.Count * 0.99)] * 1000, "ms");
        return lags[(int)(lags.Count * 0.99)];
    }

    private static async Task HealAsync(string root, Report report, bool quick)
    {
        using var pair = await PairAsync(root, "heal", 1000);
        await pair.StartAsync();
        await pair.AgreeAsync(s_patience);
        var times = new List<double>();
        for (var round = 0; round < (quick ? 2 : 5); round++)
        {
            pair.Follower.Stop();
            await using (var writer = new DirectWriter(pair.Leader.Database))
                await writer.ChangeFeedsAsync(Changes);
            await pair.StartFollowerAsync();
            var clock = Stopwatch.StartNew();
            await pair.AgreeAsync(s_patience);
            times.Add(clock.Elapsed.TotalSeconds);
        }

        report.Target($"agree after {Changes:N0} changes apart, longest of {times.Count}", times.Max(), "s", 5);
    }

    /// <summary>
    /// Both were changed while they were apart, and have deleted the operations that the other lacks.
    /// </summary>
    private static async Task ApartAsync(string root, Report report, int servers)
    {
        using var pair = await PairAsync(root, "apart", servers);
        await pair.StartAsync();
        await pair.AgreeAsync(s_patience);
        pair.Follower.Stop();
        pair.Leader.Stop();
        foreach (var (site, first) in new[] { (pair.Leader, 0), (pair.Follower, servers / 2) })
        {
            await using var writer = new DirectWriter(site.Database);
            await writer.DeleteServersAsync(first, servers / 50);
            await writer.ChangeFeedsAsync(1000);
            await writer.TrimAsync();
        }

        await pair.StartAsync();
        var clock = Stopwatch.StartNew();
        await pair.AgreeAsync(s_patience);
        report.Target(
            $"agree after a month apart with {servers:N0} hosts, merged in full",
            clock.Elapsed.TotalSeconds,
            "s",
            60
        );
        var left = servers - (2 * (servers / 50));
        report.Target(
            "deleted hosts that came back",
            Math.Max(
                pair.Leader.Count("SELECT count(*) FROM server"),
                pair.Follower.Count("SELECT count(*) FROM server")
            ) - left,
            "hosts",
            0
        );
    }

    private static async Task FirstSyncAsync(string root, Report report, int servers)
    {
        using var pair = await PairAsync(root, "first", servers);
        await pair.StartAsync(withFollower: false);
        var clock = Stopwatch.StartNew();
        await pair.StartFollowerAsync();
        await pair.AgreeAsync(s_patience);
        report.Target($"first sync of {servers:N0} hosts", clock.Elapsed.TotalSeconds, "s", 60);
        await pair.HaveSameCheckInsAsync(s_patience);
        report.Note($"the same with all their check-ins", clock.Elapsed.TotalSeconds, "s");
        report.Note("memory of the follower then", pair.Follower.Server.MemoryMiB, "MiB");
        report.Note("memory of the leader then", pair.Leader.Server.MemoryMiB, "MiB");
    }

    private static async Task<Pair> PairAsync(string root, string name, int servers)
    {
        Console.Error.WriteLine($"{name}: {servers} servers");
        var programs = Environment.GetEnvironmentVariable("EPORTAL_OUT") ?? Path.GetFullPath("out");
        var pair = new Pair(Path.Combine(root, name), programs, servers);
        await pair.Leader.FurnishAsync(null);
        pair.Leader.Fill();
        return pair;
    }

    /// <summary>A leader with a fleet, and a follower that begins with nothing.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly int _leaderPort = Server.FreePort();
        private readonly int _followerPort;

        public Pair(string folder, string programs, int servers)
        {
            _followerPort = Server.FreePort();
            Leader = new Site(Path.Combine(folder, "leader"), programs, servers, _leaderPort);
            Follower = new Site(Path.Combine(folder, "follower"), programs, servers, _followerPort);
            Directory.CreateDirectory(Path.Combine(folder, "follower"));
            foreach (var (site, port) in new[] { (Leader, _leaderPort), (Follower, _followerPort) })
            {
                site.Portal.Set("NODE_URL", $"http://127.0.0.1:{port}");
                site.Portal.Set("REPLICATION_SHARED_KEY", new string('k', 32));
            }

            Follower.Portal.Set("LEADER_URL", $"http://127.0.0.1:{_leaderPort}");
        }

        public Site Leader { get; }

        public Site Follower { get; }

        public async Task StartAsync(bool withFollower = true)
        {
            await Leader.StartAsync();
            if (withFollower)
                await Follower.StartAsync();
        }

        public Task StartFollowerAsync() => Follower.StartAsync();

        public Task AgreeAsync(TimeSpan patience) =>
            UntilAsync(
                () => Leader.Vector() is var vector && vector.Length > 0 && vector == Follower.Vector(),
                patience
            );

        public Task HaveSameCheckInsAsync(TimeSpan patience) =>
            UntilAsync(
                () =>
                    Follower.Count("SELECT count(*) FROM server_facts")
                    == Leader.Count("SELECT count(*) FROM server_facts"),
                patience
            );

        public void Dispose()
        {
            Follower.Dispose();
            Leader.Dispose();
        }

        private static async Task UntilAsync(Func<bool> condition, TimeSpan patience)
        {
            var clock = Stopwatch.StartNew();
            while (!condition())
            {
                if (clock.Elapsed > patience)
                    throw new TimeoutException($"The nodes did not agree within {patience}.");
                await Task.Delay(20);
            }
        }
    }

    /// <summary>Makes changes in the store of a portal, as another process of it.</summary>
    private sealed class DirectWriter : IAsyncDisposable
    {
        private readonly Database _database;
        private readonly ChangeLog _log;

        public DirectWriter(string database)
        {
            _database = Database.Open(Path.GetDirectoryName(database)!);
            _log = new ChangeLog(_database, Entities.Catalog, TimeProvider.System);
        }

        public Task AddFeedAsync(string name) =>
            _log.Commit(Actor.Agent, change => change.Create(Feed.Entity, new Fields { { "name", name } }));

        public async Task ChangeFeedsAsync(int changes)
        {
            foreach (var some in Enumerable.Range(0, changes).Chunk(500))
                await _log.Commit(
                    Actor.Agent,
                    change =>
                    {
                        foreach (var n in some)
                            change.Update(Feed.Entity, Feed.MainId, new Fields { { "deploy_after", (long)n } });
                        return true;
                    }
                );
        }

        public async Task DeleteServersAsync(int first, int count)
        {
            foreach (var some in Enumerable.Range(first, count).Chunk(500))
                await _log.Commit(
                    Actor.Agent,
                    change =>
                    {
                        change.Delete(EPortal.Servers.Server.Entity, some.Select(n => $"bench.{n + 1}"));
                        return true;
                    }
                );
        }

        public async Task TrimAsync()
        {
            var retention = new OperationRetention(TimeSpan.Zero);
            while (!await _log.Commit(Actor.Agent, change => retention.Delete(change, long.MaxValue, 1000).IsDone))
            {
                // One step after the other.
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _log.DisposeAsync();
            _database.Dispose();
        }
    }
}
