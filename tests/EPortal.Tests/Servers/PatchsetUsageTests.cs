using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.Search;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

public sealed class PatchsetUsageTests
{
    private static readonly string OtherKernel = new('c', 40);

    [Fact]
    public async Task A_server_runs_the_newest_patchset_that_holds_what_it_reports()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        await portal.Portal.Keys.Add(TestPortal.Admin, "t", new KeySettings(Feed: "test"));
        await portal.DeployAsync("K1", 1);
        await portal.DeployAsync("K2", 2);
        await RunAsync(portal, TestPortal.Key, TestPortal.KernelId, 1);
        await RunAsync(portal, "t", TestPortal.KernelId, 2);
        await RunAsync(portal, "t", TestPortal.KernelId, 3);
        await RunAsync(portal, "t", OtherKernel, 1);

        Counts(portal, "K1").ShouldBe((1, 1, 0));
        Counts(portal, "K2").ShouldBe((1, 0, 1));
        PairsOf(portal, "K2").ShouldBe([(TestPortal.KernelId, 2)]);

        // The same patch again, in one that is newer by its name.
        await portal.DeployAsync("K2b", 2);

        Counts(portal, "K2").ShouldBe((0, 0, 0));
        Counts(portal, "K2b").ShouldBe((1, 0, 1));
        PairsOf(portal, "K2").ShouldBeEmpty();
        PairsOf(portal, "K2b").ShouldBe([(TestPortal.KernelId, 2)]);
        PairsOf(portal, "nonsense").ShouldBeEmpty();

        await portal.Portal.Patchsets.Delete(TestPortal.Admin, Product.Kernel, "K2b");

        Counts(portal, "K2").ShouldBe((1, 0, 1));
    }

    [Fact]
    public async Task Servers_whose_key_allows_no_kernel_patches_are_reached_by_no_rollout()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Keys.Add(TestPortal.Admin, "libraries", new KeySettings(Products: [Product.User]));
        await portal.DeployAsync("K1", 1);
        await RunAsync(portal, TestPortal.Key, TestPortal.KernelId, 0);
        await RunAsync(portal, "libraries", TestPortal.KernelId, 0);
        await RunAsync(portal, TestPortal.Key, OtherKernel, 0);

        var reached = portal.Portal.Database.Read(session =>
        {
            var plan = RolloutPlan.Of(
                session,
                0,
                Product.Kernel,
                "K1",
                new Dictionary<string, RolloutAction> { [Feed.Main] = RolloutAction.Disable },
                new HashSet<string>()
            );
            return RolloutImpact.Count(
                ServerGroups.ByFeed(session),
                RolloutPreview.Of(session, portal.Portal.Get<PatchsetLevels>(), plan)
            );
        });

        reached.ShouldBe([KeyValuePair.Create(Feed.MainId, new RolloutImpact(1, 1))]);
    }

    private static async Task RunAsync(TestPortal portal, string key, string kernel, int level)
    {
        var facts = TestPortal.Facts(await portal.RegisterAsync($"{key}-{kernel[..1]}{level}", key)) with
        {
            KernelId = kernel,
            PatchLevel = level,
        };
        (await portal.CheckInAsync(facts)).EnsureSuccessStatusCode().Dispose();
    }

    private static (long Total, long Main, long Test) Counts(TestPortal portal, string patchset) =>
        portal.Portal.Database.Read(session =>
        {
            var usage = portal.Portal.Get<PatchsetUsage>().Count(session, ServerGroups.ByFeed(session));
            return (
                usage.Total(patchset),
                usage.On(patchset, Feed.MainId),
                usage.On(patchset, FeedStore.Get(session, "test").Id)
            );
        });

    private static IReadOnlyList<(string KernelId, long Level)> PairsOf(TestPortal portal, string patchset) =>
        portal.Portal.Database.Read(session => portal.Portal.Get<PatchsetUsage>().PairsOf(session, patchset));
}
