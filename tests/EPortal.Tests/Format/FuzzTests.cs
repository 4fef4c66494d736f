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
        var report = await Fuzzing.RunAsync(7, 1000, TestContext.Current.CancellationToken);
        report.Findings.ShouldBeEmpty(report.ToString());

        // Both ends are reached: refusals of every kind of reason that an archive can have, and archives that are taken.
        report.Counts.Keys.Select(key => key.Outcome).Distinct().Count().ShouldBeGreaterThanOrEqualTo(7);
        report.Counts.Keys.ShouldContain(key => key.Outcome == "taken" && key.Mutation == Mutation.None);
    }
}
