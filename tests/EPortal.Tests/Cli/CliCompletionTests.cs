using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

/// <summary>What a shell is answered when Tab is pressed.</summary>
public sealed class CliCompletionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("kc.eportal us", "user")]
    [InlineData("kc.eportal user ", "add delete list set")]
    [InlineData("kc.eportal user l", "list")]
    [InlineData("kc.eportal server list --st", "--status")]
    [InlineData("kc.eportal server list --status ", "inactive outdated unsupported uptodate")]
    [InlineData("kc.eportal server list --sort che", "checkin")]
    [InlineData("kc.eportal user add bob -r ", "admin readonly")]
    [InlineData("kc.eportal user -a bob --role r", "readonly")]
    [InlineData("kc.eportal key add k --product ke", "kernel")]
    [InlineData("kc.eportal --list", "--list-servers")]
    [InlineData("kc.eportal completion ", "bash fish zsh")]
    [InlineData("kc.eportal kcare deploy ", "")]
    [InlineData("kc.eportal nonsense ", "")]
    [InlineData("kc.eportal", "")]
    [InlineData("kc.eportal user -d ", "")]
    [InlineData("kc.eportal comple", "completion")]
    public async Task Commands_options_and_choices(string line, string expected)
    {
        (await Complete(line)).ShouldBe(expected);
        Directory.Exists(_folder.File("data")).ShouldBeFalse("nothing is made by pressing Tab");
    }

    [Theory]
    [InlineData("kc.eportal feed set ", "late main")]
    [InlineData("kc.eportal feed -c l", "late")]
    [InlineData("kc.eportal key add new --feed ", "late main")]
    [InlineData("kc.eportal kcare unroll --feed m", "main")]
    [InlineData("kc.eportal libcare update --feed l", "late")]
    [InlineData("kc.eportal key delete ", "production staging")]
    [InlineData("kc.eportal server list --key s", "staging")]
    [InlineData("kc.eportal user set b", "bob")]
    public async Task Names_from_the_store(string line, string expected)
    {
        foreach (
            var args in (string[][])
                [
                    ["feed", "add", "late"],
                    ["key", "add", "production"],
                    ["key", "add", "staging"],
                    ["user", "add", "bob", "-p", "long enough"],
                ]
        )
            (await PortalCli.On(_folder.File("data")).RunAsync(args)).Exit.ShouldBe(0);

        (await Complete(line)).ShouldBe(expected);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_gives_no_names_and_no_noise()
    {
        Directory.CreateDirectory(_folder.File("data"));
        await File.WriteAllTextAsync(
            _folder.File("data/eportal.sqlite"),
            "this is no database",
            TestContext.Current.CancellationToken
        );

        (await PortalCli.On(_folder.File("data")).RunAsync(["complete", "kc.eportal feed set "])).ShouldBe((0, "", ""));
    }

    [Fact]
    public async Task What_a_word_is_comes_after_a_tab() =>
        (await PortalCli.On(_folder.File("data")).RunAsync(["complete", "kc.eportal user ad"])).ShouldBe(
            (0, "add\tadd a user\n", "")
        );

    private async Task<string> Complete(string line)
    {
        var (exit, output, error) = await PortalCli.On(_folder.File("data")).RunAsync(["complete", line]);
        (exit, error).ShouldBe((0, ""));
        return string.Join(
            ' ',
            output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(answer => answer.Split('\t')[0])
                .Order(StringComparer.Ordinal)
        );
    }
}
