using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class SettingsExampleTests
{
    [Fact]
    public void The_example_sets_nothing()
    {
        var problems = new List<SettingsProblem>();
        SettingsFile.Parse("example", SettingsExample.Text(), problems).ShouldBeEmpty();
        problems.ShouldBeEmpty();
    }

    [Fact]
    public void Every_setting_that_does_something_stands_in_the_example_with_its_default()
    {
        var lines = SettingsExample.Text().Split('\n').Where(line => line.StartsWith('#') && !line.StartsWith("# "));
        var problems = new List<SettingsProblem>();
        var assignments = SettingsFile.Parse("example", string.Join('\n', lines.Select(line => line[1..])), problems);
        problems.ShouldBeEmpty();
        assignments
            .Select(assignment => assignment.Name)
            .ShouldBe(SettingsTable.All.Select(d => d.Name).Where(name => !SettingsTable.WithoutEffect.Contains(name)));
        var settings = assignments.Aggregate(
            Settings.Defaults,
            (all, one) => SettingsTable.FindOrNull(one.Name)!.ApplyOrNull(all, one.Value).ShouldNotBeNull(one.Name)
        );
        settings.ToString().ShouldBe(Settings.Defaults.ToString());
    }

    [Fact]
    public void No_line_is_longer_than_a_terminal_shows() =>
        SettingsExample
            .Text()
            .Split('\n')
            .Where(line => line.StartsWith("# ", StringComparison.Ordinal))
            .ShouldAllBe(line => line.Length <= 102);
}
