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
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal))
            .Select(path => Path.GetFileNameWithoutExtension(path)).ToHashSet(StringComparer.Ordinal);

        var named = TestName().Matches(Text).Select(match => match.Groups[1].Value).Distinct().ToList();

        named.Count.ShouldBeGreaterThan(15);
        named.Where(name => !sources.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_threat_class_is_named_in_it()
    {
        var classes = typeof(SecurityDocumentTests).Assembly.GetTypes().Select(type => type.Name).Where(name => name.Contains("Threat") && name.EndsWith("Tests", StringComparison.Ordinal));

        classes.Where(name => !Text.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_file_it_names_is_there()
    {
        var named = SourceName().Matches(Text).Select(match => match.Groups[1].Value).Distinct().ToList();

        named.Count.ShouldBeGreaterThan(10);
        named.Where(path => !File.Exists(Path.Combine(Repository.Root, path)) && !Directory.Exists(Path.Combine(Repository.Root, path))).ShouldBeEmpty();
    }

    [GeneratedRegex(@"`(\w+Tests)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"`((?:src|docs|tests)/[\w./-]+)`")]
    private static partial Regex SourceName();
}
