using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using EPortal.Accounts;
using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Patchsets;
using EPortal.Replication;
using EPortal.Replication.Wire;
using EPortal.Servers;
using EPortal.Tests.Agents;
using EPortal.Tests.Data;
using EPortal.Tests.Format;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Replication;

/// <summary>Two portals that replicate, as administrators set them up.</summary>
public sealed class ReplicationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_leader_finds_its_follower_and_changes_go_both_ways()
    {
        await using var leader = await ReplicaNode.StartAsync();
        await using var follower = await ReplicaNode.StartAsync(leader.Url);

        await leader.Portal.Feeds.Add(TestStore.Admin, "canary", new FeedSettings());
        await Eventually(() => follower.Portal.Feeds.List().Any(feed => feed.Name == "canary"));
        await follower.Portal.Keys.Add(TestStore.Admin, "prod", new KeySettings(Feed: "canary"));
        await Eventually(() => leader.Portal.Keys.List().Any(key => key is { Name: "prod", Feed: "canary" }));
        await leader.Portal.Feeds.Delete(TestStore.Admin, "canary");
        await Eventually(() => follower.Portal.Feeds.List().All(feed => feed.Name != "canary"));

        await Settle(leader, follower);
        foreach (var node in new[] { leader, follower })
        {
            var link = node.Portal.Get<ReplicationStatus>().Links().ShouldHaveSingleItem();
            link.State.ShouldBe(LinkState.InSync);
            link.IsOk.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_host_registers_at_one_node_and_calls_at_another_a_moment_later()
    {
        await using var a = await ReplicaNode.StartAsync();
        await using var b = await ReplicaNode.StartAsync(a.Url);
        await a.Portal.Keys.Add(TestStore.Admin, "prod", new KeySettings());
        await Settle(a, b);

        for (var n = 0; n < 20; n++)
        {
            var (first, second) = n % 2 == 0 ? (a, b) : (b, a);
            var id = await first.RegisterAsync($"host{n}", "prod");
            using var answer = await second.CheckInAsync(TestPortal.Facts(id));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"host {n}");
        }

        using var unknown = await b.CheckInAsync(TestPortal.Facts("ABCDEFGHIJKLMNOP"));
        unknown.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_latest_check_in_of_a_host_is_at_both_nodes()
    {
        await using var a = await ReplicaNode.StartAsync();
        await using var b = await ReplicaNode.StartAsync(a.Url);
        await a.Portal.Keys.Add(TestStore.Admin, "prod", new KeySettings());
        var id = await a.RegisterAsync("web1", "prod");

        (await a.CheckInAsync(TestPortal.Facts(id) with { PatchLevel = 3 })).EnsureSuccessStatusCode();
        await Eventually(() => LevelAt(b, id) == 3);
        (await b.CheckInAsync(TestPortal.Facts(id) with { PatchLevel = 4 })).EnsureSuccessStatusCode();
        await Eventually(() => LevelAt(a, id) == 4);
        // What it says now is what it said last at this node, and not what is stored.
        (await a.CheckInAsync(TestPortal.Facts(id) with { PatchLevel = 3 })).EnsureSuccessStatusCode();
        await Eventually(() => LevelAt(b, id) == 3);
        LevelAt(a, id).ShouldBe(3);
    }

    [Fact]
    public async Task A_host_that_says_as_little_as_it_may_is_no_hindrance()
    {
        await using var a = await ReplicaNode.StartAsync();
        await using var b = await ReplicaNode.StartAsync(a.Url);
        await a.Portal.Keys.Add(TestStore.Admin, "prod", new KeySettings());
        var id = await a.RegisterAsync("web1", "prod");
        (
            await a.CheckInAsync(
                new CheckInRequest
                {
                    ServerId = id,
                    Hostname = "quiet",
                    KernelId = TestPortal.KernelId,
                }
            )
        ).EnsureSuccessStatusCode();
        await Eventually(() =>
            b.Scalar<string?>("SELECT hostname FROM server_facts") == "quiet"
            && b.Portal.Get<ReplicationStatus>().Links().SingleOrDefault()?.State == LinkState.InSync
        );
    }

    [Fact]
    public async Task A_patchset_is_in_force_at_once_and_its_files_follow()
    {
        await using var a = await ReplicaNode.StartAsync();
        await using var b = await ReplicaNode.StartAsync(a.Url);
        await a.Portal.Keys.Add(TestStore.Admin, "prod", new KeySettings());
        var id = await a.RegisterAsync("web1", "prod");
        await Settle(a, b);

        using var archive = new MemoryStream(await SamplePatchset.BuildAsync());
        await a.Portal.Patchsets.Deploy(
            TestStore.Admin,
            Product.Kernel,
            archive,
            Rollout.Place(Feed.Main, disabled: false),
            Cancellation
        );
        await Eventually(() => OfferedAt(b, id) == 1);
        var file = $"/{SamplePatchset.Kernel('a')}/1/kpatch.bin";
        (await b.Http.GetStringAsync(file, Cancellation)).ShouldBe("payload a");
        await Eventually(() =>
            b.Portal.Database.Read(session => PatchsetStore.Get(session, Product.Kernel, SamplePatchset.Name)).Whole
        );
        await Settle(a, b);

        await b.Portal.Patchsets.Delete(TestStore.Admin, Product.Kernel, SamplePatchset.Name);
        await Eventually(() => !a.Portal.Folders.Has(Product.Kernel, SamplePatchset.Name));
        OfferedAt(a, id).ShouldBe(0);
    }

    [Fact]
    public async Task Nodes_that_were_apart_longer_than_operations_are_kept_merge_in_full()
    {
        await using var a = await ReplicaNode.StartAsync(change: Short);
        await using var b = await ReplicaNode.StartAsync(a.Url, change: Short);
        await a.Portal.Feeds.Add(TestStore.Admin, "deleted", new FeedSettings());
        await a.Portal.Feeds.Add(TestStore.Admin, "kept", new FeedSettings());
        await Settle(a, b);
        a.Transport.Cut(b.Url);
        b.Transport.Cut(a.Url);
        await a.Portal.Feeds.Delete(TestStore.Admin, "deleted");
        await a.Portal.Feeds.Add(TestStore.Admin, "of-a", new FeedSettings());
        await b.Portal.Feeds.Add(TestStore.Admin, "of-b", new FeedSettings());
        await b.Portal.Users.Add(TestStore.Admin, "bob", new UserSettings { Password = "a long password" });
        foreach (var node in new[] { a, b })
        {
            node.Scalar<long>("SELECT count(*) FROM operation").ShouldBeGreaterThan(0);
            await Trim(node);
        }

        a.Transport.Mend();
        b.Transport.Mend();
        await Settle(a, b);

        foreach (var node in new[] { a, b })
        {
            node.Portal.Feeds.List().Select(feed => feed.Name).ShouldBe(["main", "kept", "of-a", "of-b"]);
            node.Portal.Users.FindOrNull("bob").ShouldNotBeNull();
            await Eventually(() => node.Portal.Get<ReplicationStatus>().Links().Single().Peer.Merged is not null);
        }
    }

    [Fact]
    public async Task A_merge_that_is_cut_leaves_nothing_in_force_that_is_held()
    {
        await using var a = await ReplicaNode.StartAsync();
        await using var b = await ReplicaNode.StartAsync();
        var pair = await a.Portal.Log.Commit(
            Actor.Agent,
            change =>
            {
                var id = EntityType.PairId(
                    Feed.MainId,
                    change.Create(Patchset.Entity, EPortal.Tests.Data.Samples.PatchsetFields("K1"))
                );
                change.Update(Placement.Entity, id, new Fields { { "enabled", true } });
                change.Hold(Placement.Entity, id, Fields.None);
                return id;
            }
        );
        var (pages, isTaken) = (a.Services.GetRequiredService<StateFeed>(), false);

        await Should.ThrowAsync<PeerException>(() =>
            b
                .Portal.Get<FullMerge>()
                .Run(
                    snapshot =>
                    {
                        if (isTaken)
                            throw new PeerException("cut");
                        var page = pages.Next(new StateRequest(snapshot));
                        isTaken = page.Rows.Any(row => row.Id == pair);
                        return Task.FromResult(page);
                    },
                    _ => { },
                    (_, _) => { },
                    Cancellation
                )
        );

        b.Scalar<long>("SELECT enabled FROM placement WHERE id = @pair", new { pair }).ShouldBe(1);
        b.Scalar<long>("SELECT held FROM placement_state WHERE patchset = 'K1'").ShouldBe(1);
    }

    [Fact]
    public async Task Another_key_opens_nothing()
    {
        await using var a = await ReplicaNode.StartAsync();
        await a.Portal.Feeds.Add(TestStore.Admin, "secret-feed", new FeedSettings());
        await using var b = await ReplicaNode.StartAsync(
            a.Url,
            change: settings => settings with { ReplicationSharedKey = [new string('x', 32)] }
        );

        await Eventually(() => b.Portal.Get<ReplicationStatus>().Links().SingleOrDefault()?.State == LinkState.Failed);
        b.Portal.Get<ReplicationStatus>()
            .Links()
            .Single()
            .Peer.Error.ShouldNotBeNull()
            .ShouldContain("REPLICATION_SHARED_KEY");
        b.Portal.Feeds.List().ShouldHaveSingleItem();
        a.Portal.Database.Read(PeerStore.List).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_is_changed_while_both_are_taken()
    {
        var (old, young) = (new string('o', 32), new string('n', 32));
        await using var a = await ReplicaNode.StartAsync(change: settings =>
            settings with
            {
                ReplicationSharedKey = [old, young],
            }
        );
        await using var b = await ReplicaNode.StartAsync(
            a.Url,
            change: settings => settings with { ReplicationSharedKey = [young, old] }
        );
        await a.Portal.Feeds.Add(TestStore.Admin, "x", new FeedSettings());
        await b.Portal.Feeds.Add(TestStore.Admin, "y", new FeedSettings());
        await Settle(a, b);
    }

    [Fact]
    public async Task Clocks_that_differ_too_much_stop_the_exchange_and_lose_nothing()
    {
        await using var a = await ReplicaNode.StartAsync();
        await using var b = await ReplicaNode.StartAsync(a.Url, shift: TimeSpan.FromDays(3650));
        await a.Portal.Feeds.Add(TestStore.Admin, "of-a", new FeedSettings());
        await Eventually(() => b.Portal.Get<ReplicationStatus>().Links().SingleOrDefault()?.State == LinkState.Failed);
        b.Portal.Get<ReplicationStatus>()
            .Links()
            .Single()
            .Peer.Error.ShouldNotBeNull()
            .ShouldContain("the clocks differ by 315");

        b.Time.Shift = TimeSpan.Zero;
        await Settle(a, b);
        b.Portal.Feeds.List().Select(feed => feed.Name).ShouldContain("of-a");
    }

    [Fact]
    public async Task A_standby_node_refuses_people_until_it_is_promoted()
    {
        await using var a = await ReplicaNode.StartAsync();
        await using var b = await ReplicaNode.StartAsync(
            a.Url,
            change: settings => settings with { ReplicationStandby = true }
        );
        await a.Portal.Keys.Add(TestStore.Admin, "prod", new KeySettings());
        var id = await a.RegisterAsync("web1", "prod");
        await Settle(a, b);

        var refused = await Should.ThrowAsync<RefusedException>(() =>
            b.Portal.Feeds.Add(TestStore.Admin, "x", new FeedSettings())
        );
        refused.Message.ShouldStartWith("this is a standby node");
        (await b.CheckInAsync(TestPortal.Facts(id))).EnsureSuccessStatusCode();

        await Standby.SetPromoted(b.Portal.Log, isPromoted: true);
        await b.Portal.Feeds.Add(TestStore.Admin, "x", new FeedSettings());
        await Settle(a, b);
    }

    [Fact]
    public async Task Hosts_of_a_node_that_is_not_heard_of_are_not_deleted_as_inactive()
    {
        await using var a = await ReplicaNode.StartAsync();
        await using var b = await ReplicaNode.StartAsync(a.Url);
        await a.Portal.Keys.Add(TestStore.Admin, "prod", new KeySettings());
        await a.RegisterAsync("web1", "prod");
        await Settle(a, b);
        await b.StopAsync();
        a.Time.Shift = TimeSpan.FromDays(40);

        var clean = () =>
            a
                .Portal.Get<InactiveServers>()
                .Clean(TestStore.Admin, a.Time.GetUtcNow() - TimeSpan.FromDays(30), "old", Cancellation);
        (await Should.ThrowAsync<RefusedException>(clean)).Message.ShouldContain($"hosts may call at {b.Url}");
        a.Scalar<long>("SELECT count(*) FROM server").ShouldBe(1);

        await a.Portal.Log.Commit(Actor.Portal, change => PeerStore.Delete(change.Session, b.Url));
        (await clean()).ShouldBe(1);
    }

    [Fact]
    public async Task A_node_that_was_forgotten_is_known_again_when_it_calls()
    {
        await using var a = await ReplicaNode.StartAsync();
        await using var b = await ReplicaNode.StartAsync(a.Url);
        await Eventually(() => a.Portal.Database.Read(PeerStore.List) is [{ Contact: not null }]);

        await a.Portal.Log.Commit(Actor.Portal, change => PeerStore.Delete(change.Session, b.Url));

        await Eventually(() => a.Portal.Database.Read(PeerStore.List) is [{ Contact: not null }]);
        await b.Portal.Feeds.Add(TestStore.Admin, "of-b", new FeedSettings());
        await Settle(a, b);
    }

    [Fact]
    public async Task A_node_that_was_set_back_goes_on_under_another_origin()
    {
        await using var a = await ReplicaNode.StartAsync();
        await using var b = await ReplicaNode.StartAsync(a.Url);
        await a.Portal.Feeds.Add(TestStore.Admin, "before", new FeedSettings());
        await Settle(a, b);
        await a.StopAsync();
        // A whole machine set back to a snapshot: high-water file and all.
        var saved = a.DataFolder + ".saved";
        Hosting.Shell.Run("cp", "-a", a.DataFolder, saved);
        await a.StartAgainAsync();
        var origin = a.Portal.Database.Read(Node.Read).Origin;
        await a.Portal.Feeds.Add(TestStore.Admin, "lost", new FeedSettings());
        await Settle(a, b);
        await a.StopAsync();
        Directory.Delete(a.DataFolder, recursive: true);
        Directory.Move(saved, a.DataFolder);
        await a.StartAgainAsync();

        await Eventually(() => a.Portal.Database.Read(Node.Read).Origin != origin);
        await a.Portal.Feeds.Add(TestStore.Admin, "after", new FeedSettings());
        await Settle(a, b);
        foreach (var node in new[] { a, b })
            node.Portal.Feeds.List().Select(feed => feed.Name).ShouldBe(["main", "after", "before", "lost"]);
    }

    private static EPortal.Hosting.Settings Short(EPortal.Hosting.Settings settings) =>
        settings with
        {
            ReplicationCleanAge = TimeSpan.FromSeconds(60),
        };

    /// <summary>Deletes all operations, as their age does.</summary>
    private static Task Trim(ReplicaNode node) =>
        node.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                var retention = new OperationRetention(TimeSpan.Zero);
                while (!retention.Delete(change, long.MaxValue, 100).IsDone) { }
                return true;
            }
        );

    private static long? LevelAt(ReplicaNode node, string serverId) =>
        node.Scalar<long?>(
            "SELECT f.patch_level FROM server_facts f JOIN server s ON s.local = f.server WHERE s.server_id = @serverId",
            new { serverId }
        );

    private static long OfferedAt(ReplicaNode node, string serverId) =>
        node.Portal.Agents.Look(serverId, SamplePatchset.Kernel('a')).Offer?.Level ?? 0;

    private static async Task Eventually(
        Func<bool> condition,
        [CallerArgumentExpression(nameof(condition))] string what = ""
    )
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30), what);
            await Task.Delay(20, Cancellation);
        }
    }

    private static async Task Settle(params ReplicaNode[] nodes)
    {
        await Eventually(() =>
            nodes.All(node =>
                node.Vector().OrderBy(one => one.Key).SequenceEqual(nodes[0].Vector().OrderBy(one => one.Key))
            )
        );
        foreach (var node in nodes)
            node.Digests().ShouldBe(nodes[0].Digests());
    }
}
