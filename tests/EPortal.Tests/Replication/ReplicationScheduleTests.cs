using System.Collections.Concurrent;
using System.Globalization;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Replication;

/// <summary>
/// Random schedules of rings of nodes, several at a time: they wait more than they work. <c>EPORTAL_SEEDS=FROM-TO</c>
/// runs others, as <c>make replication-soak</c> does.
/// </summary>
public sealed class ReplicationScheduleTests
{
    private const int AtOnce = 6;

    [Fact]
    public async Task Whatever_happens_to_nodes_they_agree_in_the_end_and_nothing_acknowledged_is_lost()
    {
        var (from, to) = Range(Environment.GetEnvironmentVariable("EPORTAL_SEEDS") ?? "1-12");
        var failures = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(
            Enumerable.Range(from, to - from + 1),
            new ParallelOptions
            {
                MaxDegreeOfParallelism = AtOnce,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (seed, _) =>
            {
                await using var schedule = new ReplicationSchedule(seed);
                if (await schedule.RunAsync(count: seed % 4 == 0 ? 5 : 3, steps: 80) is { } failure)
                    failures.Enqueue(failure);
            }
        );
        failures.ShouldBeEmpty();
    }

    private static (int From, int To) Range(string text)
    {
        var parts = text.Split('-');
        return (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[^1], CultureInfo.InvariantCulture));
    }
}
