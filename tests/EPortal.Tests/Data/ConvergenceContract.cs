using CsCheck;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Patchsets;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>Random schedules on nodes with skewed clocks: whatever the order, the content comes out the same.</summary>
public abstract class ConvergenceContract(TestDatabase kind) : StoreContract(kind)
{
    private const int Nodes = 3;
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>What happens at a step, on which node, to which of the things it can see.</summary>
    private sealed record Step(int What, int Where, int Which, int Value);

    private static readonly Gen<Step[]> Schedules = Gen.Select(
        Gen.Int[0, 8],
        Gen.Int[0, Nodes - 1],
        Gen.Int[0, 50],
        Gen.Int[0, 4],
        (what, where, which, value) => new Step(what, where, which, value)
    ).Array[5, 40];

    [Fact]
    public async Task All_nodes_come_to_the_same_content_and_so_does_an_empty_store_in_any_order() =>
        await Gen.Select(Schedules, Gen.Int[0, int.MaxValue])
            .SampleAsync(async (schedule, seed) => await Run(schedule, seed), iter: 150);

    private async Task Run(Step[] schedule, int seed)
    {
        var nodes = Enumerable.Range(0, Nodes).Select(n => NewStore(Start + TimeSpan.FromMinutes(2 * n))).ToArray();
        var fresh = NewStore(Start);
        try
        {
            foreach (var step in schedule)
                await Do(nodes, step);
            for (var round = 0; round < Nodes; round++)
            {
                for (var n = 0; n < Nodes; n++)
                    await nodes[n].SendTo(nodes[(n + 1) % Nodes]);
            }

            foreach (var operation in Shuffled(nodes[0].Operations(), seed))
                (await fresh.Apply(operation)).ShouldBe(Applied.Done);
            var content = nodes[0].Content();
            foreach (var other in nodes.Append(fresh))
                other.Content().ShouldBe(content);
        }
        finally
        {
            foreach (var store in nodes.Append(fresh))
                await store.DisposeAsync();
        }
    }

    /// <summary>A random order in which each origin's operations keep theirs.</summary>
    private static IEnumerable<Operation> Shuffled(IReadOnlyList<Operation> operations, int seed)
    {
        var random = new Random(seed);
        var queues = operations
            .GroupBy(o => o.Id.Origin)
            .Select(origin => new Queue<Operation>(origin.OrderBy(o => o.Id.Sequence)))
            .ToList();
        while (queues.Count > 0)
        {
            var queue = queues[random.Next(queues.Count)];
            yield return queue.Dequeue();
            if (queue.Count == 0)
                queues.Remove(queue);
        }
    }

    private static async Task Do(TestStore[] nodes, Step step)
    {
        var node = nodes[step.Where];
        if (step.What == 8)
            await node.SendTo(nodes[(step.Where + 1 + (step.Which % (Nodes - 1))) % Nodes]);
        else
            await node.Log.Commit(Actor.Agent, change => Change(change, step));
    }

    private static bool Change(Change change, Step step)
    {
        switch (step.What)
        {
            case 0:
                change.Create(Feed.Entity, new Fields { { "name", $"f{step.Value}" } });
                break;
            case 1:
                change.Create(Patchset.Entity, Samples.PatchsetFields($"K{step.Value}", step.Value));
                break;
            case 2:
                OnAny(
                    change,
                    "feed",
                    step,
                    id => change.Update(Feed.Entity, id, new Fields { { "name", $"f{step.Value}" } })
                );
                break;
            case 3:
                OnAny(
                    change,
                    "feed",
                    step,
                    id => change.Update(Feed.Entity, id, new Fields { { "deploy_after", (long)step.Value } })
                );
                break;
            case 4:
                OnAny(
                    change,
                    step.Value % 2 == 0 ? "feed" : "patchset",
                    step,
                    id => change.Delete(step.Value % 2 == 0 ? Feed.Entity : Patchset.Entity, [id])
                );
                break;
            case 5:
                OnPair(change, step, pair => change.Hold(Placement.Entity, pair, new Fields { { "enabled", false } }));
                break;
            case 6:
                OnPair(
                    change,
                    step,
                    pair => change.Release(Placement.Entity, pair, new Fields { { "enabled", true } })
                );
                break;
            default:
                change.Create(
                    Key.Entity,
                    new Fields
                    {
                        { "name", $"k{step.Value}" },
                        { "feed", Feed.MainId },
                        { "products", "kernel" },
                    }
                );
                break;
        }

        return true;
    }

    private static void OnPair(Change change, Step step, Action<string> action) =>
        OnAny(
            change,
            "feed",
            step,
            feed => OnAny(change, "patchset", step, patchset => action(EntityType.PairId(feed, patchset)))
        );

    /// <summary>
    /// Does something to one of the rows this node sees; never to <c>main</c>, which cannot be deleted.
    /// </summary>
    private static void OnAny(Change change, string table, Step step, Action<string> action)
    {
        var ids = Dapper
            .SqlMapper.Query<string>(change.Db, $"SELECT id FROM {table} WHERE id <> '{Feed.MainId}' ORDER BY id")
            .ToList();
        if (ids.Count > 0)
            action(ids[step.Which % ids.Count]);
    }
}
