using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using EPortal.AgentClient;
using EPortal.AgentClient.Wire;
using EPortal.EndToEnd.Portal;
using EPortal.EndToEnd.Supply;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Replication;

/// <summary>Two nodes behind a balancer that sends each call to the next.</summary>
/// <remarks><c>EPORTAL_ROUND_ROBIN</c>: how many hosts register (300).</remarks>
public sealed partial class RoundRobinTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Key = "fleet";
    private const int AtOnce = 4;

    private static readonly int s_hosts = int.Parse(
        Environment.GetEnvironmentVariable("EPORTAL_ROUND_ROBIN") is { Length: > 0 } text ? text : "300",
        CultureInfo.InvariantCulture
    );

    private IReadOnlyList<Replica> _nodes = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _nodes = await Replica.StartAsync(2);
        await _nodes[0].Installation.DoAsync("key", "-a", Key);
        await Eventually.IsTrueAsync(
            "both nodes know the key",
            () => Task.FromResult(_nodes.All(node => node.Texts("SELECT name FROM key").Contains(Key))),
            deadline: Replica.Patience
        );
        foreach (var node in _nodes)
            await node.IsWellAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task Hosts_that_register_at_one_node_and_check_in_at_the_other_at_once_are_known_there()
    {
        await using var nginx = await Daemon.NginxInFrontOfAllAsync(
            _nodes[0].Installation,
            [.. _nodes.Select(node => new Uri(node.Url))]
        );
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{nginx.Port}") };
        var (failures, roamed, clock) = (new ConcurrentQueue<string>(), 0, Stopwatch.StartNew());
        var slowest = TimeSpan.Zero;
        var gate = new Lock();

        await Parallel.ForEachAsync(
            Enumerable.Range(0, s_hosts),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Cancel },
            async (host, cancel) =>
            {
                using var registered = await http.GetAsync(
                    new Uri($"/admin/api/kcare/register_server.plain?hostname=h{host}&key={Key}", UriKind.Relative),
                    cancel
                );
                var text = await registered.Content.ReadAsStringAsync(cancel);
                if (ServerId().Match(text) is not { Success: true } id)
                {
                    failures.Enqueue($"{host}: {(int)registered.StatusCode} {text}");
                    return;
                }

                var begun = Stopwatch.GetTimestamp();
                using var answer = await http.CheckInAsync(id.Groups[1].Value, $"h{host}");
                var took = Stopwatch.GetElapsedTime(begun);
                lock (gate)
                    slowest = took > slowest ? took : slowest;
                if (!answer.IsSuccessStatusCode)
                    failures.Enqueue($"{host}: {(int)answer.StatusCode} after {took.TotalMilliseconds:0} ms");
                if (NodeOf(registered) != NodeOf(answer))
                    Interlocked.Increment(ref roamed);
            }
        );

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{s_hosts} hosts in {clock.Elapsed.TotalSeconds:0.0} s, {roamed} of them at two nodes, slowest check-in {slowest.TotalMilliseconds:0} ms, {failures.Count} failures"
            )
        );
        failures.ShouldBeEmpty();
        roamed.ShouldBeGreaterThan(s_hosts / 3, "the balancer does not do what it is here for");
        await Replica.HaveSettledAsync(_nodes);
        foreach (var node in _nodes)
        {
            node.Texts("SELECT count(*) || '' FROM server")[0].ShouldBe(s_hosts.ToString(CultureInfo.InvariantCulture));
            await node.IsWellAsync();
        }
    }

    [Fact]
    public async Task Hosts_go_on_when_one_of_two_nodes_behind_HAProxy_dies()
    {
        const int Hosts = 100;
        const int Rounds = 6;
        await using var balancer = await Daemon.HaproxyAsync(
            _nodes[0].Installation,
            [.. _nodes.Select(node => new Uri(node.Url))]
        );
        using var http = PortalClient.CreateHttpClient(new ProductInfoHeaderValue("balancer-test", "1"));
        var address = new Uri($"http://127.0.0.1:{balancer.Port}/");
        var ids = new string[Hosts];
        await ForEachHostAsync(async host => ids[host] = await ClientOf().RegisterAsync($"h{host}", Key, Cancel));
        await Replica.HaveSettledAsync(_nodes);

        for (var round = 1; round <= Rounds; round++)
        {
            var isLast = round == Rounds;
            if (isLast)
            {
                await _nodes[0].StartAsync();
                await _nodes[0].IsWellAsync();
            }

            await ForEachHostAsync(async host =>
            {
                if (round == 2 && host == Hosts / 2)
                    await _nodes[0].StopAsync("KILL");
                await CheckInAsync(host, round);
            });
        }

        var late = await ClientOf().RegisterAsync("late", Key, Cancel);
        await Replica.HaveSettledAsync(_nodes);
        foreach (var node in _nodes)
        {
            node.Texts("SELECT server_id FROM server").ShouldContain(late);
            await Eventually.IsTrueAsync(
                "the last check-ins of all are here",
                () =>
                    Task.FromResult(
                        node.Texts(
                            $"SELECT count(*) || '' FROM server_facts WHERE patch_level = {Rounds.ToString(CultureInfo.InvariantCulture)}"
                        )[0] == Hosts.ToString(CultureInfo.InvariantCulture)
                    ),
                deadline: Replica.Patience
            );
        }

        // An agent tries a call again that was not answered, so none that it makes in the end fails.
        PortalClient ClientOf(string? id = null) =>
            new(
                http,
                new PortalOptions
                {
                    PatchServer = address,
                    RegistrationUrl = new Uri(address, "admin/api/kcare"),
                    ServerId = id,
                }
            );

        Task CheckInAsync(int host, int level) =>
            ClientOf(ids[host])
                .CheckInAsync(
                    new CheckInRequest
                    {
                        ServerId = ids[host],
                        Hostname = $"h{host}",
                        KernelId = Sample.Target,
                        PatchLevel = level,
                    },
                    Cancel
                );
    }

    private static Task ForEachHostAsync(Func<int, Task> call) =>
        Parallel.ForEachAsync(
            Enumerable.Range(0, 100),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Cancel },
            async (host, _) => await call(host)
        );

    private static string NodeOf(HttpResponseMessage answer) => answer.Headers.GetValues("X-Node").Single();

    [GeneratedRegex("server_id:([A-Za-z0-9]+)")]
    private static partial Regex ServerId();
}
