using System.Net;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Feeds;

/// <summary>Actions on several feeds at once.</summary>
public sealed class RolloutApplyTests
{
    private static readonly Dictionary<string, RolloutAction> BothOn = new() { ["main"] = RolloutAction.Enable, ["test"] = RolloutAction.Enable };

    [Fact]
    public async Task What_cannot_be_done_on_one_feed_is_done_on_none()
    {
        await using var api = await StartAsync();
        var portal = api.Portal.Portal;
        await api.Portal.DeployAsync("K1", 1, "test");
        await api.Portal.DeployAsync("K2", 2, "test");
        await portal.Rollout.Disable(TestPortal.Admin, Product.Kernel, "K2", "main");
        await portal.Rollout.Unroll(TestPortal.Admin, Product.Kernel, "K2", "test");
        // As if another node had it: known, but its files are not here.
        await portal.Log.Commit(Actor.Agent, change => change.Session.Execute("DELETE FROM patchset_copy WHERE patchset = (SELECT id FROM patchset WHERE name = 'K2')"));

        var answer = await api.Post("/patchsets/manage", ("patchset", "K2"), ("action", "enable-upto"), ("feed", "main"), ("feed", "test"));

        answer.ShouldBeError(HttpStatusCode.BadRequest, "conflict");
        States(api, "main").ShouldBe(["K1 undeployed", "K2 disabled"]);
    }

    [Fact]
    public async Task What_was_decided_on_other_offers_is_refused()
    {
        await using var api = await StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        var seen = Revision(api);
        await api.Portal.Portal.Rollout.Disable(TestPortal.Admin, Product.Kernel, "K1", "test");

        var refused = await Should.ThrowAsync<RefusedException>(() => ApplyAsync(api, seen));

        refused.Reason.ShouldBe(Refusal.Conflict);
        States(api, "test").ShouldBe(["K1 disabled"]);
        await ApplyAsync(api, Revision(api));
        States(api, "test").ShouldBe(["K1 enabled"]);
    }

    [Fact]
    public async Task Each_feed_gets_its_line_in_the_user_log()
    {
        await using var api = await StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        api.Portal.Time.Advance(TimeSpan.FromSeconds(1));

        await ApplyAsync(api, null);

        var log = api.Portal.Portal.Database.Read(session => UserLog.Latest(session, 2));
        log.Select(line => $"{line.Action}: {line.Detail}").ShouldBe(["patchset.enable: K1 on main", "patchset.enable: K1 on test"], ignoreOrder: true);
    }

    private static async Task<ApiCaller> StartAsync()
    {
        var api = await ApiCaller.StartAsync();
        await api.Portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        return api;
    }

    private static Task ApplyAsync(ApiCaller api, long? expected) =>
        api.Portal.Portal.Rollout.Apply(TestPortal.Admin, Product.Kernel, "K1", BothOn, expected, TestContext.Current.CancellationToken);

    private static long Revision(ApiCaller api) => api.Portal.Portal.Database.Read(session => Node.Read(session).OfferRevision);

    private static IEnumerable<string> States(ApiCaller api, string feed) =>
        api.Portal.Portal.Rollout.List(feed, Product.Kernel).Select(one => $"{one.Patchset.Name} {one.State.Token()}");
}
