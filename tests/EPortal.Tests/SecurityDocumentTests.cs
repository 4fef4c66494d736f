using System.Reflection;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace EPortal.Tests;

/// <summary>docs/security.md names tests and files; they must be there.</summary>
public sealed partial class SecurityDocumentTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "security.md"));

    [Fact]
    public void Every_test_it_names_is_there()
    {
        var sources = Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal))
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .ToHashSet(StringComparer.Ordinal);

        var named = TestName().Matches(Text).Select(match => match.Groups[1].Value).Distinct().ToList();

        named.Count.ShouldBeGreaterThan(15);
        named.Where(name => !sources.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_test_class_of_a_threat_stands_in_the_line_of_that_threat()
    {
        var classes =
            from type in typeof(SecurityDocumentTests).Assembly.GetTypes()
            from trait in type.GetCustomAttributes<TraitAttribute>()
            where trait.Name == "threat"
            select (Threat: trait.Value, type.Name);
        var lines = Text.Split('\n');

        classes.Count().ShouldBeGreaterThan(25);
        classes
            .Where(one =>
                !lines.Any(line =>
                    Regex.IsMatch(line, $@"^\| {one.Threat}(, part)? \|")
                    && line.Contains($"`{one.Name}`", StringComparison.Ordinal)
                )
            )
            .ShouldBeEmpty();
    }

    [Fact]
    public void Every_file_it_names_is_there()
    {
        var named = SourceName().Matches(Text).Select(match => match.Groups[1].Value).Distinct().ToList();

        named.Count.ShouldBeGreaterThan(10);
        named
            .Where(path =>
                !File.Exists(Path.Combine(Repository.Root, path))
                && !Directory.Exists(Path.Combine(Repository.Root, path))
            )
            .ShouldBeEmpty();
    }

    [GeneratedRegex(@"`(\w+(?:Tests|Contract))`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"`((?:src|docs|tests)/[\w./-]+)`")]
    private static partial Regex SourceName();
}
