using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

/// <summary>
/// Pages that administrators copy commands from: <c>docs/seed.md</c>, which goes through the manual line by line, and
/// <c>docs/operations</c>.
/// </summary>
public sealed partial class ManualTests
{
    private static readonly string s_manual = Path.Combine(Repository.Root, "docs", "seed.md");

    public static TheoryData<string> Pages =>
        [
            "docs/seed.md",
            .. Directory
                .EnumerateFiles(Path.Combine(Repository.Root, "docs", "operations"), "*.md")
                .Select(path => Path.GetRelativePath(Repository.Root, path)),
        ];

    [Fact]
    public void Each_line_names_a_test_that_exists_or_says_that_there_is_none()
    {
        var tests = Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Select(Path.GetFileNameWithoutExtension)
            .ToHashSet();
        foreach (var row in Rows())
        {
            var named = Quoted().Matches(row[2]).Select(match => match.Groups[1].Value).ToList();
            named
                .Where(name => !tests.Contains(name) && !File.Exists(Path.Combine(Repository.Root, name)))
                .ShouldBeEmpty(row[0]);
            (named.Count > 0 || row[2].StartsWith("not tested") || row[2] == "measured, no test").ShouldBeTrue(row[0]);
        }
    }

    [Fact]
    public void It_leaves_out_none_of_the_commands_that_are_known_to_be_printed()
    {
        var lines = Rows().Select(row => row[0]).ToList();
        lines.Count.ShouldBeGreaterThan(100);
        var run = File.ReadAllText(Path.Combine(Repository.Root, "tests/EPortal.Tests/Cli/SeedCommandsTests.cs"));
        foreach (Match match in Printed().Matches(run))
        {
            var command = string.Join(' ', match.Groups[1].Value.Split(' ').Take(2));
            lines.ShouldContain(line => line.Contains($"kc.eportal {command}", StringComparison.Ordinal), command);
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Its_commands_are_understood(string page)
    {
        var lines = CommandsOf(File.ReadAllText(Path.Combine(Repository.Root, page))).ToList();

        lines.Where(line => CommandLines.Parse(line).Problem is not null).ShouldBeEmpty();
        if (page == "docs/seed.md")
            lines.Count.ShouldBeGreaterThan(30);
    }

    [Theory]
    [InlineData("kc.eportal key ad mine")]
    [InlineData("kc.eportal backup --with-archives /mnt/x.tar")]
    [InlineData("kc.eportal restart")]
    public void Commands_that_do_not_exist_are_noticed(string line) =>
        CommandLines.Parse(line).Problem.ShouldNotBeNull();

    /// <summary>Calls of the portal's programs in code blocks, and in quoted code that is one call.</summary>
    private static IEnumerable<string> CommandsOf(string page)
    {
        var blocks = Block().Matches(page).SelectMany(block => block.Groups[1].Value.Split('\n'));
        var quoted = page.Split('\n')
            // A table's row that says so is about a command that there is not.
            .Where(line => !Row().Match(line).Groups[2].Value.StartsWith("no:", StringComparison.Ordinal))
            .SelectMany(line => Quoted().Matches(line).Select(match => match.Groups[1].Value));
        return blocks
            .Concat(quoted)
            .Select(line => Call().Match(line))
            .Where(match => match.Success && !match.Value.Contains("[-h]", StringComparison.Ordinal))
            .Select(match => match.Groups[1].Value.TrimEnd());
    }

    private static IEnumerable<string[]> Rows() =>
        File.ReadLines(s_manual)
            .Select(line => Row().Match(line))
            .Where(row => row.Success && row.Groups[1].Value is not "line" && !row.Groups[1].Value.StartsWith("---"))
            .Select(row => row.Groups.Values.Skip(1).Select(group => group.Value).ToArray());

    [GeneratedRegex(@"^\| (.+?) (?<!\\)\| (.+?) (?<!\\)\| (.+?) \|$")]
    private static partial Regex Row();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("^```[a-z]*\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^(?:\S+ ~\]# |\$ |sudo |[A-Z_]+=\S+ )*((?:kc\.)?eportal [a-z-][^|>;&#]*)")]
    private static partial Regex Call();

    [GeneratedRegex("(?:Does|InlineData)\\(\"([a-z-][^\"{]*)\"")]
    private static partial Regex Printed();
}
