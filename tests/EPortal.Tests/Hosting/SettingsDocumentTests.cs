using System.Runtime.CompilerServices;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class SettingsDocumentTests
{
    /// <summary>With EPORTAL_TESTS_WRITE=1 the document is brought up to date instead.</summary>
    [Fact]
    public void The_document_holds_the_table_of_the_program()
    {
        var path = Path.GetFullPath(Path.Combine(Folder(), "../../../docs/settings.md"));
        var text = File.ReadAllText(path);
        var start = text.IndexOf("| name |", StringComparison.Ordinal);
        var end = text.IndexOf("\n\n", start, StringComparison.Ordinal) + 1;
        if (Environment.GetEnvironmentVariable("EPORTAL_TESTS_WRITE") == "1")
            File.WriteAllText(path, text = text[..start] + SettingsDocument.Table() + text[end..]);
        text.ShouldContain("\n\n" + SettingsDocument.Table() + "\n", Case.Sensitive);
    }

    [Fact]
    public void The_example_in_the_document_is_read()
    {
        var text = File.ReadAllText(Path.GetFullPath(Path.Combine(Folder(), "../../../docs/settings.md")));
        var example = text.Split("```")[1];
        var problems = new List<SettingsProblem>();
        var assignments = SettingsFile.Parse("example", example[example.IndexOf('\n')..], problems);
        problems.ShouldBeEmpty();
        assignments.Count.ShouldBeGreaterThan(5);
        assignments.ShouldAllBe(a => SettingsTable.FindOrNull(a.Name)!.ApplyOrNull(Settings.Defaults, a.Value) != null);
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
