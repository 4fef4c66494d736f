using Kcarectl.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Kcarectl;

public sealed class UsageTests : IDisposable
{
    private readonly FakeHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(2, "--bogus")]
    [InlineData(2, "update")]
    [InlineData(2, "--register")]
    [InlineData(2, "--update", "--check")]
    [InlineData(2, "--update", "--json")]
    [InlineData(64, "--status", "--bogus")]
    public async Task Bad_usage_is_told_from_every_answer(int code, params string[] args)
    {
        (await _host.RunAsync(args)).ShouldBe(code);
        _host.Out.ShouldBe("");
        _host.Error.ShouldEndWith("kcarectl: run kcarectl --help for usage\n");
    }

    [Theory]
    [InlineData("specify an action")]
    [InlineData("unknown option '--bogus'", "--bogus")]
    [InlineData("unexpected argument 'update'; did you mean --update?", "update")]
    [InlineData("unexpected argument 'update'; did you mean --update?", "update", "--help")]
    [InlineData("unknown option '--reg'; did you mean --register?", "--reg", "k")]
    [InlineData("--register requires a value", "--register")]
    [InlineData("--tag can be given only once", "--tag", "a", "--tag", "b")]
    [InlineData("unexpected argument 'false'", "--unregister", "false")]
    [InlineData("unexpected argument 'true'", "--info", "--json", "true")]
    [InlineData("use only one of --update and --check", "--update", "--check")]
    [InlineData("unexpected argument 'x'", "--version", "x")]
    [InlineData("use --version without other options", "--version", "--check")]
    public async Task What_is_wrong_is_said_in_one_sentence_of_ours(string sentence, params string[] args)
    {
        (await _host.RunAsync(args)).ShouldBe(2);
        _host.Error.ShouldBe($"kcarectl: {sentence}\nkcarectl: run kcarectl --help for usage\n");
    }

    [Fact]
    public async Task Help_names_every_option_of_the_agent()
    {
        (await _host.RunAsync("--help")).ShouldBe(0);
        foreach (
            var option in new[]
            {
                "--register",
                "--unregister",
                "--update",
                "--auto-update",
                "--check",
                "--status",
                "--info",
                "--patch-info",
                "--uname",
                "--unload",
                "--tag",
                "--license-info",
                "--set-patch-server",
                "--version",
            }
        )
            _host.Out.ShouldContain(option + " ");
    }

    [Theory]
    [InlineData("AUTO_UPDATE=maybe", "AUTO_UPDATE must be True or False")]
    [InlineData(
        "PATCH_SERVER=portal",
        "PATCH_SERVER must be an http or https address without user, query and fragment"
    )]
    [InlineData("UPDATE_DELAY=1w", "UPDATE_DELAY must be a number of seconds, or one followed by m, h or d")]
    [InlineData(
        "TRANSITION_TIMEOUT=-1",
        "TRANSITION_TIMEOUT must be a number of seconds, or one followed by m, h or d"
    )]
    public async Task A_bad_setting_names_its_line(string line, string sentence)
    {
        _host.Put("etc/sysconfig/kcare/kcare.conf", $"# comment\nUNKNOWN=1\n{line}\n");
        (await _host.RunAsync("--check")).ShouldBe(ExitCode.Local);
        _host.Error.ShouldBe($"kcarectl: {_host.Paths.SettingsFile}, line 3: {sentence}\n");
    }

    [Fact]
    public async Task A_damaged_state_is_not_guessed_at()
    {
        _host.Put("var/lib/kcare/state.json", "{\"modules\":[{\"name\":");
        (await _host.RunAsync("--info")).ShouldBe(ExitCode.Local);
        _host.Error.ShouldContain("state.json is damaged");
    }
}
