using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using EPortal.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Packaging;

/// <summary>What can be said of packages without building them; `make test-packages` does the rest.</summary>
public sealed partial class ServiceTests
{
    private const string Tool = "/usr/bin/systemd-analyze";

    private static readonly string s_files = Path.Combine(Repository.Root, "packaging/files");

    [Fact]
    public void The_service_is_as_closed_as_promised()
    {
        Assert.SkipUnless(File.Exists(Tool), "systemd-analyze is not here");
        var (exit, output) = Run("security", "--offline=true", "--no-pager", Path.Combine(s_files, "eportal.service"));
        exit.ShouldBe(0, output);
        var level = Level().Match(output).Groups[1].Value;
        decimal.Parse(level, CultureInfo.InvariantCulture).ShouldBeLessThanOrEqualTo(1.4m, output);
    }

    [Fact]
    public void The_service_has_no_line_that_systemd_does_not_understand()
    {
        Assert.SkipUnless(File.Exists(Tool), "systemd-analyze is not here");
        var (_, output) = Run("verify", Path.Combine(s_files, "eportal.service"));
        output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            // The programs are not installed on the machine that tests, nor is their manual.
            .Where(line => line.Contains("eportal.service", StringComparison.Ordinal))
            .Where(line => !line.Contains("is not executable", StringComparison.Ordinal))
            .Where(line => !line.Contains("man eportal", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_version_of_the_programs_is_the_one_that_packages_get()
    {
        var version = VersionLine().Match(File.ReadAllText(Path.Combine(Repository.Root, "Directory.Build.props")));
        version.Groups[1].Value.ShouldBe(CliVersion.Text);
        File.ReadAllText(Path.Combine(Repository.Root, "CHANGELOG.md")).ShouldContain($"\n## {CliVersion.Text}");
    }

    private static (int Exit, string Output) Run(params string[] args)
    {
        using var process = Process.Start(
            new ProcessStartInfo(Tool, args) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    [GeneratedRegex(@"exposure level[^:]*: ([0-9.]+)")]
    private static partial Regex Level();

    [GeneratedRegex("<Version>(.*)</Version>")]
    private static partial Regex VersionLine();
}
