using System.Diagnostics;
using EPortal.Accounts;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Patchsets;
using EPortal.Replication;
using EPortal.Servers;
using EPortal.Tests.Agents;
using EPortal.Tests.Data;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Replication;

/// <summary>
/// One random schedule of a ring of nodes, made by a seed: changes by people and hosts at all of them, calls that are
/// lost, doubled or damaged, nodes cut off in one direction or both, stopped, set back to an earlier state, with wrong
/// clocks, and operations deleted early, so that nodes have to merge in full. In the end all are mended, and all must
/// hold what the <see cref="ReplicationOracle"/> says.
/// </summary>
internal sealed class ReplicationSchedule(int seed) : IAsyncDisposable
{
    private static readonly string[] s_names = ["one", "two", "three"];

    private readonly Random _random = new(seed);
    private readonly ReplicationOracle _oracle = new();
    private readonly List<ReplicaNode> _nodes = [];
    private readonly Dictionary<ReplicaNode, (string Path, IReadOnlyDictionary<string, long> Vector)> _saved = [];
    private readonly List<string> _hosts = [];
    private readonly List<string> _steps = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Runs it; gives what went wrong, with the seed and the steps that led there.</summary>
    public async Task<string?> RunAsync(int count, int steps)
    {
        try
        {
            await StartAsync(count);
            for (var n = 0; n < steps; n++)
                await StepAsync();
            await MendAsync();
            await SettleAsync();
            Check();
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return $"seed {seed} of {count} nodes:\n{string.Join('\n', _steps)}\n{e}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    private async Task StartAsync(int count)
    {
        for (var n = 0; n < count; n++)
            _nodes.Add(await ReplicaNode.StartAsync(leader: n == 0 ? null : _nodes[n - 1].Url, seed: seed * 10 + n));
        // A ring: the first follows the last.
        await _nodes[0].StopAsync();
        _nodes[0].Follow(_nodes[^1].Url);
        await _nodes[0].StartAgainAsync();
    }

    private async Task StepAsync()
    {
        var node = _nodes[_random.Next(_nodes.Count)];
        var what = _random.Next(100);
        if (!node.IsRunning)
            await (what < 50 ? StartAgainAsync(node) : Task.CompletedTask);
        else if (what < 45)
            await ChangeAsync(node);
        else if (what < 60)
            await HostAsync(node);
        else if (what < 75)
            await PauseAsync();
        else if (what < 82)
            Cut(node);
        else if (what < 86)
            Mend(node);
        else if (what < 89)
            SetFaults(node);
        else if (what < 92)
            SetClock(node);
        else if (what < 95)
            await TrimAsync(node);
        else if (what < 97)
            await StopAsync(node);
        else
            await SetBackOrSaveAsync(node);
    }

    private async Task ChangeAsync(ReplicaNode node)
    {
        var name = s_names[_random.Next(s_names.Length)];
        var (what, portal) = (_random.Next(10), node.Portal);
        Tell(node, $"change {what} {name}");
        try
        {
            Task<object> Of<T>(Task<T> task) =>
                task.ContinueWith(done => (object)done.GetAwaiter().GetResult()!, TaskScheduler.Default);
            await (
                what switch
                {
                    0 => Of(portal.Feeds.Add(TestStore.Admin, name, new FeedSettings())),
                    1 => Of(
                        portal.Feeds.Update(TestStore.Admin, name, new FeedSettings(DeployAfter: _random.Next(99)))
                    ),
                    2 => Of(portal.Feeds.Delete(TestStore.Admin, name)),
                    3 => Of(portal.Keys.Add(TestStore.Admin, name, new KeySettings())),
                    4 => Of(portal.Keys.Update(TestStore.Admin, name, new KeySettings(Note: $"{_random.Next(99)}"))),
                    5 => Of(portal.Servers.DeleteKey(TestStore.Admin, name)),
                    6 => Of(AddPatchset(portal.Log, name)),
                    7 => Of(Place(portal.Log, name, Rollout.Enable)),
                    8 => Of(Place(portal.Log, name, Rollout.Disable)),
                    _ => Of(portal.Users.Add(TestStore.Admin, name, new UserSettings { Password = "a long password" })),
                }
            );
        }
        catch (RefusedException)
        {
            // There is none of that name, or there is one already.
        }

        Record(node);
    }

    private async Task HostAsync(ReplicaNode node)
    {
        if (_hosts.Count == 0 || _random.Next(3) == 0)
        {
            Tell(node, "register");
            var key = s_names[_random.Next(s_names.Length)];
            var result = await new Registration(node.Portal.Log, new HostChangeLimiter(0, node.Time)).Register(
                $"host{_hosts.Count}",
                "192.0.2.1",
                key
            );
            if (result.ServerId is { } id)
                _hosts.Add(id);
            Record(node);
            return;
        }

        var host = _hosts[_random.Next(_hosts.Count)];
        Tell(node, $"check-in of {host}");
        using var answer = await node.CheckInAsync(
            TestPortal.Facts(host) with
            {
                PatchLevel = _random.Next(9),
                Uptime = _random.Next(1000),
            }
        );
        Record(node);
    }

    private async Task PauseAsync()
    {
        var pause = _random.Next(1, 400);
        _steps.Add($"pause {pause} ms");
        await Task.Delay(pause, Cancellation);
    }

    private void Cut(ReplicaNode node)
    {
        var other = _nodes[_random.Next(_nodes.Count)];
        Tell(node, $"cut from {_nodes.IndexOf(other)}");
        node.Transport.Cut(other.Url);
    }

    private void Mend(ReplicaNode node)
    {
        Tell(node, "mend");
        node.Transport.Mend();
    }

    private void SetFaults(ReplicaNode node)
    {
        node.Transport.Faults = _random.Next(60);
        Tell(node, $"faults {node.Transport.Faults} %");
    }

    private void SetClock(ReplicaNode node)
    {
        node.Time.Shift = TimeSpan.FromSeconds(_random.Next(-10, 11));
        Tell(node, $"clock {node.Time.Shift.TotalSeconds} s");
    }

    private async Task TrimAsync(ReplicaNode node)
    {
        Tell(node, "trim");
        await node.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                var retention = new OperationRetention(TimeSpan.Zero);
                while (!retention.Delete(change, long.MaxValue, 100).IsDone) { }
                return true;
            }
        );
    }

    private async Task StopAsync(ReplicaNode node)
    {
        Tell(node, "stop");
        await node.StopAsync();
    }

    private async Task StartAgainAsync(ReplicaNode node)
    {
        Tell(node, "start");
        await node.StartAgainAsync();
    }

    private async Task SetBackOrSaveAsync(ReplicaNode node)
    {
        if (!_saved.Remove(node, out var saved))
        {
            Tell(node, "save");
            var vector = node.Vector();
            await node.StopAsync();
            var path = $"{node.DataFolder}.saved";
            Shell.Run("cp", "-a", node.DataFolder, path);
            _saved[node] = (path, vector);
            await node.StartAgainAsync();
            return;
        }

        Tell(node, "set back");
        await node.StopAsync();
        Directory.Delete(node.DataFolder, recursive: true);
        Directory.Move(saved.Path, node.DataFolder);
        var vectors = new List<IReadOnlyDictionary<string, long>> { saved.Vector };
        foreach (var other in _nodes.Where(other => other != node))
        {
            if (!other.IsRunning)
                await StartAgainAsync(other);
            vectors.Add(other.Vector());
        }

        _oracle.Lose(
            vectors
                .SelectMany(vector => vector)
                .GroupBy(one => one.Key)
                .ToDictionary(one => one.Key, one => one.Max(pair => pair.Value))
        );
        foreach (var other in _nodes)
            other.Transport.Mend();
        node.Time.Shift = TimeSpan.Zero;
        await node.StartAgainAsync();
        // Nobody changes anything at a node that came back before it has heard of the others.
        var contacts = node.Portal.Database.Read(PeerStore.List).ToDictionary(peer => peer.Url, peer => peer.Contact);
        await Eventually(
            () =>
                node
                    .Portal.Database.Read(PeerStore.List)
                    .All(peer =>
                        peer.Contact is { } at && at > (contacts.GetValueOrDefault(peer.Url) ?? DateTimeOffset.MinValue)
                    ),
            "a node that was set back hears of the others"
        );
    }

    private async Task MendAsync()
    {
        _steps.Add("mend all");
        foreach (var node in _nodes)
        {
            node.Transport.Mend();
            node.Transport.Faults = 0;
            node.Time.Shift = TimeSpan.Zero;
            if (!node.IsRunning)
                await node.StartAgainAsync();
        }
    }

    private Task SettleAsync() =>
        Eventually(
            () =>
                _nodes.All(node =>
                    node.Vector().OrderBy(one => one.Key).SequenceEqual(_nodes[0].Vector().OrderBy(one => one.Key))
                    && CheckIns(node).SequenceEqual(CheckIns(_nodes[0]))
                ),
            "all nodes have the same changes and check-ins"
        );

    private void Check()
    {
        foreach (var node in _nodes)
        {
            var which = $"node {_nodes.IndexOf(node)}";
            node.Portal.Database.Read(_oracle.Differences).ShouldBeEmpty(which);
            node.Digests().ShouldBe(_nodes[0].Digests(), which);
            node.Scalar<long>("SELECT count(*) FROM pending_operation").ShouldBe(0, which);
            node.Portal.Database.Read(session => session.Scalar("PRAGMA integrity_check")).ShouldBe("ok", which);
        }
    }

    private void Record(ReplicaNode node) =>
        _oracle.Record(
            node.Portal.Database.Read(session =>
                ChangeLog
                    .Operations(session, 0, int.MaxValue)
                    .Where(operation => operation.Id.Origin == Node.Read(session).Origin)
                    .ToList()
            )
        );

    private void Tell(ReplicaNode node, string what) => _steps.Add($"{_nodes.IndexOf(node)}: {what}");

    private static List<string> CheckIns(ReplicaNode node) =>
        [
            .. node.Portal.Database.Read(session =>
                Dapper.SqlMapper.Query<string>(
                    session.Connection,
                    """
                    SELECT s.id || ' ' || c.stamp || ' ' || c.origin || ' ' || c.facts_stamp || ' ' || coalesce(f.patch_level, -1)
                    FROM server s JOIN server_checkin c ON c.server = s.local LEFT JOIN server_facts f ON f.server = s.local ORDER BY s.id
                    """
                )
            ),
        ];

    private static async Task<bool> AddPatchset(ChangeLog log, string name) =>
        await log.Commit(
            Actor.Portal,
            change =>
            {
                if (PatchsetStore.FindOrNull(change.Session, Product.Kernel, name) is not null)
                    throw new RefusedException(Refusal.Exists, "there is one");
                change.Create(Patchset.Entity, Data.Samples.PatchsetFields(name));
                change.Note("patchset.deploy", name);
                return true;
            }
        );

    private static async Task<bool> Place(
        ChangeLog log,
        string name,
        Func<Change, (Feed, Patchset), Placement> action
    ) =>
        await log.Commit(
            Actor.Agent,
            change =>
            {
                var patchset = PatchsetStore.Get(change.Session, Product.Kernel, name);
                var (id, feed) = (patchset.Id, FeedStore.Get(change.Session, Feed.Main));
                if (action == Rollout.Disable)
                    action(change, (feed, patchset));
                else
                    change.Release(
                        Placement.Entity,
                        Placement.IdOf(feed, patchset),
                        new Fields { { "enabled", true } }
                    );
                return id.Length > 0;
            }
        );

    private static async Task Eventually(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), what);
            await Task.Delay(50, Cancellation);
        }
    }
}
