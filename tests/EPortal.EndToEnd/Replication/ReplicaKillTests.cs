using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Replication;

/// <summary>
/// <c>kill -9</c> of one of two nodes under load, again and again: nothing that either acknowledged is lost, and both
/// end with the same.
/// </summary>
/// <remarks><c>EPORTAL_REPLICA_KILLS</c>: how often (5). <c>EPORTAL_SEED</c>: other moments (1).</remarks>
public sealed class ReplicaKillTests(ITestOutputHelper output)
{
    private const string Key = "fleet";
    private const int HostWorkers = 4;
    private const int MaxHosts = 50;

    private static readonly int s_kills = Number("EPORTAL_REPLICA_KILLS", 5);
    private static readonly int s_seed = Number("EPORTAL_SEED", 1);

    private readonly ReplicaLedger _ledger = new();
    private readonly List<string> _hosts = [];
    private int _unknown;
    private int _inFlight;
    private volatile int _victim = -1;

    [Fact]
    public async Task What_either_node_acknowledged_is_at_both_after_every_kill()
    {
        var nodes = await Replica.StartAsync(2);
        try
        {
            await nodes[0].Installation.DoAsync("key", "-a", Key);
            await nodes[0].Installation.DoAsync("user", "-a", "-p", Replica.Password, Replica.Admin);
            foreach (var node in nodes)
                await node.IsWellAsync();
            await Replica.HaveSettledAsync(nodes);
            await RunAsync(nodes);
        }
        catch (Exception)
        {
            foreach (var node in nodes)
                output.WriteLine($"{node.Url}: {node.Said}");
            throw;
        }
        finally
        {
            foreach (var node in nodes)
                await node.DisposeAsync();
        }
    }

    private async Task RunAsync(IReadOnlyList<Replica> nodes)
    {
        var (random, clock, hits) = (new Random(s_seed), Stopwatch.StartNew(), 0);
        for (var kill = 1; kill <= s_kills; kill++)
        {
            using var stop = new CancellationTokenSource();
            var load = Begin(nodes, random.Next(), stop.Token);
            var victim = random.Next(nodes.Count);
            // The moment is chance on purpose.
            await Task.Delay(random.Next(100, 1500), TestContext.Current.CancellationToken);
            hits += Volatile.Read(ref _inFlight) > 0 ? 1 : 0;
            _victim = victim;
            await nodes[victim].StopAsync("KILL");
            await nodes[victim].StartAsync();
            await Task.Delay(random.Next(500), TestContext.Current.CancellationToken);
            await stop.CancelAsync();
            await Task.WhenAll(load);

            _victim = -1;
            await _ledger.ShouldBeAtBothAsync(nodes);
            foreach (var node in nodes)
            {
                node.Texts("PRAGMA integrity_check").ShouldBe(["ok"]);
                node.Texts("SELECT \"table\" || '' FROM pragma_foreign_key_check").ShouldBeEmpty();
                await node.IsWellAsync();
            }
        }

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{s_kills} kills with seed {s_seed} in {clock.Elapsed.TotalSeconds:0} s, {hits} of them with calls under way: {_ledger.Acknowledged} answers were given "
                    + $"and none was forgotten; {_unknown} calls came to a node that could not know their host yet."
            )
        );
        _ledger.Acknowledged.ShouldBeGreaterThan(s_kills * 5, "there was no load");
    }

    private List<Task> Begin(IReadOnlyList<Replica> nodes, int seed, CancellationToken stop)
    {
        var load = new List<Task>();
        for (var worker = 0; worker < HostWorkers; worker++)
        {
            var (random, first) = (new Random((seed * 31) + worker), worker);
            load.Add(Task.Run(() => UntilAsync(() => HostAsync(nodes, random, first), stop), CancellationToken.None));
        }

        for (var node = 0; node < nodes.Count; node++)
        {
            var at = node;
            load.Add(Task.Run(() => UntilAsync(() => AddFeedAsync(nodes, at), stop), CancellationToken.None));
        }

        return load;
    }

    private static async Task UntilAsync(Func<Task> work, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
            await work();
    }

    /// <summary>A host registers, or one of this worker's calls: each call at either node.</summary>
    private async Task HostAsync(IReadOnlyList<Replica> nodes, Random random, int worker)
    {
        var at = random.Next(nodes.Count);
        string? id = null;
        lock (_hosts)
        {
            var mine = _hosts.Where((_, n) => n % HostWorkers == worker).ToList();
            if (mine.Count > 0 && (_hosts.Count >= MaxHosts || random.Next(5) > 0))
                id = mine[random.Next(mine.Count)];
        }

        if (id is null)
        {
            if (await TryAsync(at, nodes[at].Http.RegisterAsync) is not { Length: > 0 } born)
                return;
            _ledger.Registered(born);
            lock (_hosts)
                _hosts.Add(born);
            return;
        }

        var number = _ledger.Sending(id);
        var body =
            $$"""{"server_id":"{{id}}","hostname":"host-{{number}}","kernel_id":"{{Sample.Target}}","patch_level":{{number}}}""";
        var status = await TryAsync(at, () => PostAsync(nodes[at], "/admin/api/kcare/checkin", body, login: false));
        if (status == HttpStatusCode.OK)
            _ledger.CheckedIn(id, number);
        else if (status == HttpStatusCode.Unauthorized)
            Interlocked.Increment(ref _unknown); // The node where it registered was killed before it told the other.
        else
            status.ShouldBeOneOf(null, HttpStatusCode.ServiceUnavailable);
    }

    private async Task AddFeedAsync(IReadOnlyList<Replica> nodes, int at)
    {
        var name = $"feed-{Guid.NewGuid():N}";
        var status = await TryAsync(
            at,
            () => PostAsync(nodes[at], "/admin/api/feeds", $$"""{"name":"{{name}}"}""", login: true)
        );
        if (status is null or HttpStatusCode.ServiceUnavailable)
            return;
        ((int)status).ShouldBeInRange(200, 299);
        _ledger.FeedAdded(name);
    }

    private Task<string?> TryAsync(int node, Func<string, Task<string>> register) =>
        TryAsync<string?>(node, async () => await register(Key));

    /// <summary>Makes a call; the default where the node is dead or dying, which is the only excuse.</summary>
    private async Task<T?> TryAsync<T>(int node, Func<Task<T>> call)
    {
        Interlocked.Increment(ref _inFlight);
        var before = _victim;
        try
        {
            return await call();
        }
        catch (Exception e) when (e is HttpRequestException or IOException && (before == node || _victim == node))
        {
            return default;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private static async Task<HttpStatusCode?> PostAsync(Replica node, string path, string json, bool login)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        if (login)
            request.Headers.Authorization = new(
                "Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Replica.Admin}:{Replica.Password}"))
            );
        using var answer = await node.Http.SendAsync(request, CancellationToken.None);
        return answer.StatusCode;
    }

    private static int Number(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : usual;
}
