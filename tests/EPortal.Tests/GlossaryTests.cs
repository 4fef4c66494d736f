using System.Reflection;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace EPortal.Tests;

/// <summary>docs/GLOSSARY.md says what things are called in the code; they must be called so.</summary>
public sealed partial class GlossaryTests
{
    private const BindingFlags Own =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Static
        | BindingFlags.Instance
        | BindingFlags.DeclaredOnly;

    [Fact]
    public void Every_name_of_the_code_in_it_is_there()
    {
        Assembly[] programs =
        [
            typeof(EPortal.Hosting.WebPortal).Assembly,
            typeof(EPortal.Format.Manifest).Assembly,
            typeof(EPortal.AgentClient.PortalClient).Assembly,
        ];
        var types = programs.SelectMany(program => program.GetTypes()).ToList();
        var there = types
            .Select(type => type.Name)
            .Concat(types.SelectMany(type => type.GetMembers(Own).Select(member => member.Name)))
            .ToHashSet(StringComparer.Ordinal);
        var named = CodeName()
            .Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "GLOSSARY.md")))
            .SelectMany(match => match.Groups[1].Value.Split('.'))
            .Distinct()
            .ToList();

        named.Count.ShouldBeGreaterThan(60);
        named.Where(name => !there.Contains(name)).ShouldBeEmpty();
    }

    [GeneratedRegex(@"`([A-Z][a-z]\w*(?:\.[A-Z]\w*)?)`")]
    private static partial Regex CodeName();
}
