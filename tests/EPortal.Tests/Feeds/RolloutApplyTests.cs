using System.Net;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Feeds;

/// <summary>Actions on several feeds at once.</summary>
public sealed class RolloutApplyTests
{
    private static readonly Dictionary<string, RolloutAction> BothOn = new()
    {
        ["main"] = RolloutAction.Enable,
        ["test"] = RolloutAction.Enable,
    };

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
        await portal.Log.Commit(
            Actor.Agent,
            change =>
                change.Session.Execute(
                    "DELETE FROM patchset_copy WHERE patchset = (SELECT id FROM patchset WHERE name = 'K2')"
                )
        );

        var answer = await api.Post(
            "/patchsets/manage",
            ("patchset", "K2"),
            ("action", "enable-upto"),
            ("feed", "main"),
            ("feed", "test")
        );

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
    public async Task What_others_change_between_the_look_and_the_transaction_is_seen_in_it()
    {
        await using var api = await StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        var seen = Revision(api);
        await using var held = HeldWriter.Now(api.Portal.Portal.Log);
        var before = api.Portal.Portal.Rollout.Disable(TestPortal.Admin, Product.Kernel, "K1", "test");
        // No changes yet, so it gets as far as the writer.
        var late = ApplyAsync(api, seen);
        late.IsCompleted.ShouldBeFalse();

        await held.ReleaseAsync();

        await before;
        (await Should.ThrowAsync<RefusedException>(late)).Reason.ShouldBe(Refusal.Conflict);
        States(api, "test").ShouldBe(["K1 disabled"]);
    }

    [Fact]
    public async Task What_was_decided_on_other_offers_fetches_nothing()
    {
        await using var api = await StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        await api.Portal.DeployAsync("K2", 2, "test");
        await GoneAsync(api, "K2");
        var seen = Revision(api);
        await api.Portal.Portal.Rollout.Disable(TestPortal.Admin, Product.Kernel, "K1", "main");
        var source = new Source(api);
        var rollout = new Rollout(api.Portal.Portal.Database, api.Portal.Portal.Log, source);

        var refused = await Should.ThrowAsync<RefusedException>(() => EnableAsync(rollout, seen));

        refused.Reason.ShouldBe(Refusal.Conflict);
        source.Fetched.ShouldBeEmpty();
        States(api, "main").ShouldBe(["K1 disabled", "K2 not-downloaded"]);
        await EnableAsync(rollout, Revision(api));
        source.Fetched.ShouldBe(["K2"]);
        States(api, "main").ShouldBe(["K1 disabled", "K2 enabled"]);
    }

    [Fact]
    public async Task What_others_change_while_it_is_fetched_is_seen_too()
    {
        await using var api = await StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        await api.Portal.DeployAsync("K2", 2, "test");
        await GoneAsync(api, "K2");
        var source = new Source(api)
        {
            Meanwhile = () => api.Portal.Portal.Rollout.Disable(TestPortal.Admin, Product.Kernel, "K1", "main"),
        };
        var rollout = new Rollout(api.Portal.Portal.Database, api.Portal.Portal.Log, source);

        var refused = await Should.ThrowAsync<RefusedException>(() => EnableAsync(rollout, Revision(api)));

        refused.Reason.ShouldBe(Refusal.Conflict);
        source.Fetched.ShouldBe(["K2"]);
        States(api, "main").ShouldBe(["K1 disabled", "K2 undeployed"]);
    }

    [Fact]
    public async Task Each_feed_gets_its_line_in_the_user_log()
    {
        await using var api = await StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        api.Portal.Time.Advance(TimeSpan.FromSeconds(1));

        await ApplyAsync(api, null);

        var log = api.Portal.Portal.Database.Read(session => UserLog.Latest(session, 2));
        log.Select(line => $"{line.Action}: {line.Detail}")
            .ShouldBe(["patchset.enable: K1 on main", "patchset.enable: K1 on test"], ignoreOrder: true);
    }

    private static async Task<ApiCaller> StartAsync()
    {
        var api = await ApiCaller.StartAsync();
        await api.Portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        return api;
    }

    private static Task ApplyAsync(ApiCaller api, long? expected) =>
        api.Portal.Portal.Rollout.Apply(
            TestPortal.Admin,
            Product.Kernel,
            "K1",
            BothOn,
            expected,
            TestContext.Current.CancellationToken
        );

    /// <summary>Enables K2 on main.</summary>
    private static Task EnableAsync(Rollout rollout, long? expected) =>
        rollout.Apply(
            TestPortal.Admin,
            Product.Kernel,
            "K2",
            new Dictionary<string, RolloutAction> { ["main"] = RolloutAction.Enable },
            expected,
            TestContext.Current.CancellationToken
        );

    /// <summary>Makes a patchset one that has to be fetched.</summary>
    private static Task GoneAsync(ApiCaller api, string name) =>
        api.Portal.Portal.Log.Commit(
            Actor.Agent,
            change =>
            {
                change.Session.Execute(
                    "DELETE FROM patchset_copy WHERE patchset = (SELECT id FROM patchset WHERE name = @name)",
                    ("@name", name)
                );
                change.OffersChanged();
                return true;
            }
        );

    private static long Revision(ApiCaller api) =>
        api.Portal.Portal.Database.Read(session => Node.Read(session).OfferRevision);

    private static IEnumerable<string> States(ApiCaller api, string feed) =>
        api.Portal.Portal.Rollout.List(feed, Product.Kernel).Select(one => $"{one.Patchset.Name} {one.State.Token()}");

    /// <summary>A patch source that has everything, and during whose fetching something else may happen.</summary>
    private sealed class Source(ApiCaller api) : Upstream
    {
        public List<string> Fetched { get; } = [];

        public Func<Task> Meanwhile { get; init; } = () => Task.CompletedTask;

        public override async Task Fetch(
            Actor actor,
            Product product,
            IReadOnlyList<string> names,
            CancellationToken cancel
        )
        {
            Fetched.AddRange(names);
            await Meanwhile();
            await api.Portal.Portal.Log.Commit(
                Actor.Agent,
                change =>
                {
                    foreach (var name in names)
                        change.Session.Execute(
                            "INSERT INTO patchset_copy (patchset, available_at) SELECT id, 1 FROM patchset WHERE name = @name",
                            ("@name", name)
                        );
                    change.OffersChanged();
                    return true;
                }
            );
        }

        public override IReadOnlySet<string> Wanted(Session session, Product product) => new HashSet<string>();

        public override Task<Stream> Open(PatchFileLocation file, CancellationToken cancel) =>
            throw new NotSupportedException();
    }
}
