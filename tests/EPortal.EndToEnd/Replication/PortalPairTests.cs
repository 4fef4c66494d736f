using System.IO.Compression;
using System.Text;
using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Replication;

/// <summary>Portals that replicate, set up with settings files and <c>kc.eportal</c> alone.</summary>
public sealed class PortalPairTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_fresh_portals_exchange_changes_once_they_are_restarted_with_the_settings()
    {
        await using var leader = new Replica();
        await using var follower = new Replica();
        await leader.StartAsync();
        await follower.StartAsync();
        var alone = await leader.Installation.TryAsync("replication", "--short-status");
        alone.ExitCode.ShouldBe(1);
        alone.Stderr.ShouldContain("replication is off");

        leader.Configure(leader: null);
        follower.Configure(leader.Url);
        await leader.RestartAsync();
        await follower.RestartAsync();

        await leader.Installation.DoAsync("feed", "-a", "of-leader");
        await follower.Installation.DoAsync("key", "-a", "of-follower", "--note", "bank");
        await ShouldComeAsync("of-leader", follower, "feed");
        await ShouldComeAsync("of-follower", leader, "key");
        await follower.Installation.DoAsync("key", "-c", "of-follower", "--feed", "of-leader");
        await leader.Installation.DoAsync("user", "-a", "-p", Replica.Password, "carol");
        await ShouldComeAsync("carol", follower, "user");
        await Replica.HaveSettledAsync(leader, follower);
        leader
            .Texts("SELECT feed.name FROM key JOIN feed ON feed.id = key.feed WHERE key.name = 'of-follower'")
            .ShouldBe(["of-leader"], "a change of what another node made");

        foreach (var node in new[] { leader, follower })
        {
            await node.IsWellAsync();
            var (exit, state) = await node.ShortStatusAsync();
            (exit, state.GetProperty("ok").GetBoolean()).ShouldBe((0, true));
            state.GetProperty("lag").GetInt64().ShouldBeInRange(0, 60);
            var other = node == leader ? follower : leader;
            state.GetProperty("upstream").EnumerateObject().Select(link => link.Name).ShouldBe([other.Url]);
        }

        await follower.StopAsync();
        await leader.Installation.DoAsync("feed", "-a", "while-away");
        await Eventually.IsTrueAsync(
            "the leader says that it cannot reach the follower",
            async () => (await leader.ShortStatusAsync()).ExitCode == 1,
            deadline: Replica.Patience
        );
        await follower.StartAsync();
        await ShouldComeAsync("while-away", follower, "feed");
        await leader.IsWellAsync();
    }

    [Fact]
    public async Task In_a_ring_of_three_a_change_made_anywhere_is_everywhere_and_then_there_is_quiet()
    {
        var nodes = await Replica.StartAsync(3, isRing: true);
        try
        {
            for (var n = 0; n < nodes.Count; n++)
                await nodes[n].Installation.DoAsync("feed", "-a", $"feed-{n}");
            await Eventually.IsTrueAsync(
                "all feeds are everywhere",
                () =>
                    Task.FromResult(
                        nodes.All(node =>
                            node.Texts("SELECT name FROM feed ORDER BY name")
                                .SequenceEqual(["feed-0", "feed-1", "feed-2", "main"])
                        )
                    ),
                deadline: Replica.Patience
            );
            await nodes[1].Installation.DoAsync("feed", "-d", "feed-0");
            await Eventually.IsTrueAsync(
                "the feed is gone everywhere",
                () =>
                    Task.FromResult(
                        nodes.All(node => node.Texts("SELECT name FROM feed WHERE name = 'feed-0'").Count == 0)
                    ),
                deadline: Replica.Patience
            );
            foreach (var node in nodes)
                await node.IsWellAsync();
            await Replica.HaveSettledAsync(nodes);
            var operations = nodes[0].Vector();
            foreach (var node in nodes)
                await node.RestartAsync();
            foreach (var node in nodes)
                await node.IsWellAsync();
            foreach (var node in nodes)
                node.Vector().ShouldBe(operations, "nothing goes round the ring for ever");
        }
        finally
        {
            foreach (var node in nodes)
                await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_node_that_is_added_to_a_portal_in_use_has_all_of_it_after_a_full_sync()
    {
        await using var leader = new Replica();
        await leader.StartAsync();
        await leader.Installation.DoAsync("feed", "-a", "canary");
        await leader.Installation.DoAsync("key", "-a", "fleet", "--feed", "canary");
        await leader.Installation.DoAsync(
            "kcare",
            "deploy",
            "--feed",
            "canary",
            await leader.Installation.BuildAsync("K1", 7, 100_000)
        );
        var hosts = new List<string>();
        for (var n = 0; n < 20; n++)
        {
            hosts.Add(await leader.Http.RegisterAsync("fleet"));
            using var answer = await leader.Http.CheckInAsync(hosts[^1], $"host-{n}");
            answer.EnsureSuccessStatusCode();
        }

        leader.Configure(leader: null);
        await leader.RestartAsync();
        await using var added = new Replica();
        added.Configure(leader.Url);
        (await added.Installation.DoAsync("replication", "--full-sync")).ShouldBe($"merged with {leader.Url}");
        await added.StartAsync();

        await added.IsWellAsync();
        await leader.IsWellAsync();
        await Replica.HaveSettledAsync(leader, added);
        added.Texts("SELECT name FROM feed ORDER BY name").ShouldBe(["canary", "main"]);
        added
            .Texts("SELECT feed.name FROM key JOIN feed ON feed.id = key.feed WHERE key.name = 'fleet'")
            .ShouldBe(["canary"]);
        const string Hosts =
            "SELECT s.server_id || ' ' || f.hostname FROM server s JOIN server_facts f ON f.server = s.local ORDER BY 1";
        await Eventually.IsTrueAsync(
            "what hosts said last is here too",
            () => Task.FromResult(added.Texts(Hosts).SequenceEqual(leader.Texts(Hosts))),
            deadline: Replica.Patience
        );
        added.Texts("SELECT server_id FROM server ORDER BY 1").ShouldBe(hosts.Order(StringComparer.Ordinal));
        var file = new Uri($"/{Sample.Target}/7/kpatch.bin", UriKind.Relative);
        var payload = await leader.Http.GetByteArrayAsync(file, Cancel);
        (await added.Http.GetByteArrayAsync(file, Cancel)).ShouldBe(payload);
        await Eventually.IsTrueAsync(
            "the patchset is whole",
            () => Task.FromResult(added.Texts("SELECT whole || '' FROM patchset_copy").SequenceEqual(["1"])),
            deadline: Replica.Patience
        );
        await leader.StopAsync();
        foreach (var host in hosts)
        {
            using var answer = await added.Http.CheckInAsync(host, "moved");
            (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain("\"level\":7");
        }
    }

    [Fact]
    public async Task The_shared_key_is_in_no_log_and_in_no_archive_for_diagnosis()
    {
        const string Other = "another-key-not-to-be-seen-9876543210";
        await using var leader = new Replica();
        leader.Configure(leader: null);
        await leader.StartAsync();
        await using var follower = new Replica();
        follower.Configure(leader.Url, Other);
        await follower.StartAsync();
        await Eventually.IsTrueAsync(
            "the follower is refused",
            async () =>
                (await follower.ShortStatusAsync())
                    .State.GetProperty("upstream")
                    .GetProperty(leader.Url)
                    .GetProperty("error")
                    .GetString()
                    ?.Contains("REPLICATION_SHARED_KEY", StringComparison.Ordinal) == true,
            deadline: Replica.Patience
        );
        await follower.StopAsync();
        follower.Configure(leader.Url);
        await follower.StartAsync();
        await follower.IsWellAsync();

        foreach (var node in new[] { leader, follower })
        {
            var archive = node.Installation.PathOf("doctor.tar.gz");
            var said =
                await node.Installation.DoAsync("doctor", "--no-send", archive)
                + await node.Installation.DoAsync("replication", "--json")
                + await node.Installation.TryAsync("check", "--json");
            await using var packed = File.OpenRead(archive);
            await using var plain = new GZipStream(packed, CompressionMode.Decompress);
            using var content = new MemoryStream();
            await plain.CopyToAsync(content, Cancel);
            var all = said + node.Said + Encoding.Latin1.GetString(content.ToArray());
            all.ShouldContain("REPLICATION_SHARED_KEY");
            foreach (var key in new[] { Replica.SharedKey, Other })
            {
                all.ShouldNotContain(key);
                all.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(key)).TrimEnd('='));
                all.ShouldNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(key)));
            }
        }
    }

    private static Task ShouldComeAsync(string name, Replica node, string command) =>
        Eventually.IsTrueAsync(
            $"{name} is at {node.Url}",
            async () => (await node.Installation.DoAsync(command)).Contains(name, StringComparison.Ordinal),
            deadline: Replica.Patience
        );
}
