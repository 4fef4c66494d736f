using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Portal;

/// <summary>Tab in real shells, with the scripts that <c>kc.eportal completion</c> prints.</summary>
public sealed class CompletionTests : IDisposable
{
    private const string Tab = "\t";
    private const string LineStart = "\u0001";

    private readonly PortalInstallation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Theory]
    [InlineData("bash", "bash --norc --noprofile -i", "")]
    [InlineData("zsh", "zsh -f -i", "autoload -Uz compinit; compinit -u -D; ")]
    [InlineData("fish", "fish --no-config -i", "")]
    public async Task Commands_options_values_names_and_files_are_completed(string shell, string start, string before)
    {
        await _installation.DoAsync("key", "add", "production");
        var script = _installation.PathOf($"completion.{shell}");
        await File.WriteAllTextAsync(
            script,
            await _installation.DoAsync("completion", shell) + "\n",
            TestContext.Current.CancellationToken
        );
        _installation.Environment["PATH"] = $"{Programs.Folder}:{Environment.GetEnvironmentVariable("PATH")}";
        _installation.Environment["HOME"] = _installation.PathOf("");
        await using var terminal = Terminal.Start(_installation.Start, start);
        await terminal.TypeAsync($"{before}source {script}; printf '<%s>' ready\r");
        await terminal.ExpectAsync("<ready>");

        await Completes(
            terminal,
            $"kc.eportal serve{Tab}li{Tab}--stat{Tab}ina{Tab}",
            "<kc.eportal><server><list><--status><inactive>"
        );
        await Completes(
            terminal,
            $"kc.eportal key delete pro{Tab}--dry{Tab}",
            "<kc.eportal><key><delete><production><--dry-run>"
        );
        await Completes(
            terminal,
            $"kc.eportal kcare deploy /etc/hostna{Tab}",
            "<kc.eportal><kcare><deploy></etc/hostname>"
        );
    }

    [Theory]
    [InlineData("bash", "bash -n")]
    [InlineData("zsh", "zsh -n")]
    [InlineData("fish", "fish --no-execute")]
    public async Task The_scripts_of_both_programs_are_right(string shell, string check)
    {
        foreach (var program in (string[])[Programs.Command, Programs.Portal])
        {
            var printed = await _installation.RunAsync(program, "completion", shell);
            printed.Stdout.ShouldContain(Path.GetFileName(program));
            printed.Stdout.ShouldNotMatch("@[A-Z]+@");
            var script = _installation.PathOf($"script.{shell}");
            await File.WriteAllBytesAsync(script, printed.Output, TestContext.Current.CancellationToken);
            var result = await _installation.RunAsync("/bin/sh", "-c", $"{check} '{script}'");
            (result.ExitCode, result.ToString()).ShouldBe((0, "exit code 0\n"));
        }
    }

    /// <summary>Types a line with Tabs in it and has the shell show its words.</summary>
    private static async Task Completes(Terminal terminal, string typed, string words)
    {
        await terminal.TypeAsync($"{typed}{LineStart}printf '<%s>' \r");
        await terminal.ExpectAsync(words);
    }
}
