using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using EPortal.Format;

namespace EPortal.Fuzz;

/// <summary>What a run found.</summary>
/// <param name="Tried">Archives.</param>
/// <param name="Counts">How each kind of mutation ended, and how often.</param>
/// <param name="Findings">What broke a rule, a line each with the number that makes it again.</param>
internal sealed record Report(
    int Tried,
    IReadOnlyDictionary<(Mutation Mutation, string Outcome), int> Counts,
    IReadOnlyList<string> Findings
)
{
    /// <summary>A line for each kind of mutation, then the findings.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var group in Counts.GroupBy(count => count.Key.Mutation).OrderBy(group => group.Key))
        {
            var outcomes = group
                .OrderByDescending(count => count.Value)
                .Select(count => $"{count.Key.Outcome} {count.Value}");
            text.Append(
                CultureInfo.InvariantCulture,
                $"{$"{group.Key}".PadRight(17)} {$"{group.Sum(count => count.Value)}".PadLeft(6)}: {string.Join(", ", outcomes)}\n"
            );
        }

        foreach (var finding in Findings)
            text.Append(finding).Append('\n');
        return text.Append(CultureInfo.InvariantCulture, $"{Tried} archives, {Findings.Count} findings").ToString();
    }
}

/// <summary>
/// Tries many mutated archives; half of the signed ones as a portal with a pinned key would, the rest as one without.
/// </summary>
internal static class Fuzzing
{
    /// <summary>The key of all signed seeds: fixed, so that a number gives the same archive in every run.</summary>
    private const string Key =
        "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAvpt531RVEf7/8CAVbWb3T/+/Lmw9wTQEYaxDRWxN3BeEHo18NRcQ+ykuY3Y2cMH0ST74vziBUFyjzhyBAuu5um5byt6SKFsCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    /// <summary>Tries <paramref name="count"/> archives, from number <paramref name="seed"/> on.</summary>
    public static async Task<Report> RunAsync(ulong seed, int count, long mostMemory, CancellationToken cancel)
    {
        var key = MinisignSecretKey.Parse(Key, null);
        var mutations = new Mutations(await Seeds.AllAsync(key), key);
        var trusted = new TrustedKeys([key.PublicKey]);
        var counts = new ConcurrentDictionary<(Mutation, string), int>();
        var findings = new ConcurrentBag<string>();
        var trials = new ConcurrentBag<Trial>();
        await Parallel.ForAsync(
            0,
            count,
            cancel,
            async (i, _) =>
            {
                var number = seed + (ulong)i;
                var made = mutations.Make(number);
                var trial = trials.TryTake(out var free) ? free : new Trial(mostMemory);
                var outcome = await trial.RunAsync(
                    made.Archive,
                    made.Signed && number % 2 == 0 ? trusted : TrustedKeys.None
                );
                trials.Add(trial);
                counts.AddOrUpdate(
                    (made.Mutation, outcome.Refused?.ToString() ?? "taken"),
                    1,
                    (_, before) => before + 1
                );
                if (outcome.Finding is { } finding)
                    findings.Add($"FOUND {made.Mutation} on {made.Compression}: {finding} (--seed {number} --count 1)");
            }
        );
        foreach (var trial in trials)
            trial.Dispose();
        return new Report(count, counts, [.. findings.Order(StringComparer.Ordinal)]);
    }
}
