using EPortal.Fuzz;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>A short run of <c>scripts/fuzz.sh</c>.</summary>
public sealed class FuzzTests
{
    [Fact]
    public async Task A_thousand_mutated_archives_break_no_rule()
    {
        // Other tests allocate in this process too, so memory is held to its bound by scripts/fuzz.sh alone.
        var report = await Fuzzing.RunAsync(7, 1000, long.MaxValue, TestContext.Current.CancellationToken);
        report.Findings.ShouldBeEmpty(report.ToString());

        // Both ends are reached: refusals of every kind of reason that an archive can have, and archives that are
        // taken.
        report.Counts.Keys.Select(key => key.Outcome).Distinct().Count().ShouldBeGreaterThanOrEqualTo(7);
        report.Counts.Keys.ShouldContain(key => key.Outcome == "taken" && key.Mutation == Mutation.None);
    }
}
