using System.CommandLine;
using EPortal.Cli;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

public sealed class CliManualTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_page_has_the_help_of_every_command(bool administration)
    {
        var (root, page) = await Page(administration);
        foreach (var command in Visible(root))
            page.ShouldContain($".SS {CliNames.Path(command).Replace("-", "\\-", StringComparison.Ordinal)}\n");
        page.ShouldContain($"ePortal {CliVersion.Text}");
    }

    [Fact]
    public async Task No_text_is_taken_for_a_request_of_the_typesetter()
    {
        var (_, page) = await Page(administration: true);
        page.Split('\n')
            .Where(line => line.StartsWith('.') || line.StartsWith('\''))
            .Select(line => line.Split(' ')[0])
            .Distinct()
            .ShouldBe([".TH", ".SH", ".B", ".RI", ".SS", ".nf", ".fi", ".TP", ".I", ".BR"], ignoreOrder: true);
    }

    private static async Task<(Command Root, string Page)> Page(bool administration)
    {
        Command? root = null;
        var runner = new CliRunner(context =>
            root = administration ? CommandLine.Administration(context) : CommandLine.Server(context)
        );
        var (exit, page, error) = await runner.RunAsync(["man"]);
        (exit, error).ShouldBe((0, ""));
        return (root!, page);
    }

    private static IEnumerable<Command> Visible(Command command) =>
        command.Hidden ? [] : command.Subcommands.SelectMany(Visible).Prepend(command);
}
