using CsCheck;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Feeds;

/// <summary>
/// Random sequences of everything that can be done with patchsets and feeds, against a model of a page.
/// </summary>
public abstract class RolloutModelContract(TestDatabase kind) : StoreContract(kind)
{
    private static readonly string[] FeedNames = [Feed.Main, "test", "late"];

    private static readonly string[] Targets = [.. Enumerable.Range(0, 4).Select(n => new string((char)('a' + n), 40))];

    private enum Act
    {
        Deploy,
        DeployDisabled,
        Enable,
        Disable,
        EnableUpTo,
        UndeployDownTo,
        Unroll,
        Together,
        Delete,
    }

    /// <summary>
    /// What to do; a deploy releases at <paramref name="Released"/> and holds the targets of the bits of
    /// <paramref name="Holds"/>.
    /// </summary>
    private sealed record Step(Act Act, int Feed, int Which, int Released, int Holds);

    private static readonly Gen<Step[]> Schedules = Gen.Select(
        Gen.Frequency((3, Gen.Const(Act.Deploy)), (5, Gen.Enum<Act>())),
        Gen.Int[0, 2],
        Gen.Int[0, 30],
        Gen.Int[0, 6],
        Gen.Int[1, 15],
        (act, feed, which, released, holds) => new Step(act, feed, which, released, holds)
    ).Array[1, 40];

    [Fact]
    public async Task Every_feed_offers_every_target_what_the_model_says() =>
        await Schedules.SampleAsync(Run, iter: 200);

    private async Task Run(Step[] schedule)
    {
        await using var store = NewStore();
        var feeds = new FeedStore(store.Database, store.Log);
        foreach (var name in FeedNames.Skip(1))
            await feeds.Add(TestStore.Admin, name, new FeedSettings());
        var model = new RolloutModel();
        var rollout = new Rollout(store.Database, store.Log, Upstream.None);
        var (offers, levels) = (new Offers(), new PatchsetLevels());
        foreach (var step in schedule)
        {
            var promise = RolloutPromise.OrNull(store, levels, offers, NameOf(model, step), ActionsOf(step));
            await Do(store, rollout, model, step);
            Compare(store, rollout, offers, model);
            promise?.ShouldBeKept(store, rollout, offers);
        }
    }

    private static async Task Do(TestStore store, Rollout rollout, RolloutModel model, Step step)
    {
        var feed = FeedNames[step.Feed];
        if (step.Act is Act.Deploy or Act.DeployDisabled)
        {
            await Deploy(store, model, step, feed);
            return;
        }

        if (NameOf(model, step) is not { } name)
            return;
        var actions = ActionsOf(step);
        switch (step.Act)
        {
            case Act.Enable:
                await rollout.Enable(TestStore.Admin, Product.Kernel, name, feed, CancellationToken.None);
                break;
            case Act.Disable:
                await rollout.Disable(TestStore.Admin, Product.Kernel, name, feed);
                break;
            case Act.EnableUpTo:
                await rollout.EnableUpTo(TestStore.Admin, Product.Kernel, name, feed, CancellationToken.None);
                break;
            case Act.UndeployDownTo:
                await rollout.UndeployDownTo(TestStore.Admin, Product.Kernel, name, feed);
                break;
            case Act.Unroll:
                await rollout.Unroll(TestStore.Admin, Product.Kernel, name, feed);
                break;
            case Act.Together:
                await rollout.Apply(
                    TestStore.Admin,
                    Product.Kernel,
                    name,
                    actions,
                    expected: null,
                    CancellationToken.None
                );
                break;
            default:
                await store.Log.Commit(
                    TestStore.Admin,
                    change =>
                    {
                        PatchsetStore.Delete(change, PatchsetStore.Get(change.Session, Product.Kernel, name));
                        change.Note("patchset.delete", name);
                        return name;
                    }
                );
                model.Delete(name);
                break;
        }

        foreach (var (on, action) in actions)
            model.Do(action, on, name);
    }

    private static string? NameOf(RolloutModel model, Step step) =>
        model.Patchsets.Count == 0 ? null : model.Patchsets[step.Which % model.Patchsets.Count].Name;

    /// <summary>What a step does on which feed, where it is one of the actions.</summary>
    private static Dictionary<string, RolloutAction> ActionsOf(Step step) =>
        step.Act switch
        {
            Act.Together => FeedNames
                .Where((_, n) => n != step.Feed)
                .Select(
                    (feed, n) =>
                        (feed, RolloutActions.All[(n == 0 ? step.Holds : step.Released) % RolloutActions.All.Count])
                )
                .ToDictionary(),
            Act.Enable or Act.Disable or Act.EnableUpTo or Act.UndeployDownTo or Act.Unroll => new()
            {
                [FeedNames[step.Feed]] = Enum.Parse<RolloutAction>($"{step.Act}"),
            },
            _ => [],
        };

    private static async Task Deploy(TestStore store, RolloutModel model, Step step, string feed)
    {
        var name = $"K{model.NextNumber()}";
        var released = store.Time.GetUtcNow().AddDays(-30 + step.Released);
        var targets = Targets.Where((_, n) => (step.Holds & (1 << n)) != 0).ToList();
        var level = model.LastNumber;
        await store.Log.Commit(
            TestStore.Admin,
            change =>
            {
                PatchsetStore.Record(
                    change,
                    Manifests.Staged(name, released, targets, level),
                    "00",
                    $"{name}.tar",
                    new FileEntry(1, "00")
                );
                var pair = (
                    FeedStore.Get(change.Session, feed),
                    PatchsetStore.Get(change.Session, Product.Kernel, name)
                );
                return step.Act == Act.Deploy ? Rollout.Enable(change, pair) : Rollout.Disable(change, pair);
            }
        );
        model.Add(name, released, targets, level);
        if (step.Act == Act.Deploy)
            model.Enable(feed, name);
        else
            model.Disable(feed, name);
    }

    private static void Compare(TestStore store, Rollout rollout, Offers offers, RolloutModel model)
    {
        var table = store.Database.Read(offers.At);
        foreach (var feed in FeedNames)
        {
            rollout
                .List(feed, Product.Kernel)
                .Select(p => $"{p.Patchset.Name} {p.State.Token()}")
                .ShouldBe(model.States(feed));
            var id = store.Database.Read(session => FeedStore.Get(session, feed).Id);
            foreach (var target in Targets)
                table.FindOrNull(id, Product.Kernel, target)?.Level.ShouldBe(model.Offer(feed, target)!.Value);
            table
                .Of(id)
                .Select(offer => offer.Key.Target)
                .Order()
                .ShouldBe(Targets.Where(target => model.Offer(feed, target) is not null));
        }
    }
}
