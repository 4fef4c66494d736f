using System.CommandLine;
using EPortal.Cli;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

public sealed class CliAppTests
{
    private Func<CliContext, Task<int>> _body = _ => Task.FromResult(0);

    private ParseResult? _parsed;

    private CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(new[] { "thing" }, "name is required", "thing")]
    [InlineData(new[] { "thing", "a", "b" }, "'b'", "thing")]
    [InlineData(new[] { "thing", "a", "--nope" }, "'--nope'", "thing")]
    [InlineData(new[] { "thing", "a", "--days" }, "--days", "thing")]
    [InlineData(new[] { "thing", "a", "--days", "x" }, "invalid value 'x' for --days: use a whole number", "thing")]
    [InlineData(new[] { "thing", "a", "-r", "god" }, "invalid value 'god' for -r: use admin or readonly", "thing")]
    [InlineData(new[] { "unknown" }, "'unknown'", "")]
    [InlineData(new string[0], "ommand", "")]
    [InlineData(new[] { "thing", "a", "\u001b[31m" }, "\\x1b[31m", "thing")]
    public async Task Bad_usage_shows_the_usage_and_one_sentence(string[] args, string sentence, string command)
    {
        var (exit, output, error) = await Runner().RunAsync(args);
        exit.ShouldBe(2);
        output.ShouldBeEmpty();
        var lines = error.TrimEnd('\n').Split('\n');
        lines[0].ShouldStartWith($"usage: test {command}".TrimEnd());
        lines[^1].ShouldStartWith("error: ");
        lines[^1].ShouldContain(sentence);
        lines.Count(line => line.StartsWith("error: ", StringComparison.Ordinal)).ShouldBe(1);
        error.ShouldNotContain('\u001b');
        error.ShouldNotContain("System.");
    }

    [Fact]
    public async Task Options_and_arguments_arrive()
    {
        var (exit, _, _) = await Runner().RunAsync(["thing", "-f", "true", "--days", "3", "-r", "admin"]);
        exit.ShouldBe(0);
        _parsed!.GetValue<bool>("-f").ShouldBeTrue();
        _parsed.GetValue<string>("name").ShouldBe("true", "a flag must not swallow what follows it");
        _parsed.GetValue<int?>("--days").ShouldBe(3);
        (await Runner().RunAsync(["thing", "a"])).Exit.ShouldBe(0);
        _parsed.GetValue<int?>("--days").ShouldBeNull();
        _parsed.GetValue<bool>("-f").ShouldBeFalse();
    }

    [Fact]
    public async Task A_name_with_an_at_sign_is_a_name()
    {
        (await Runner().RunAsync(["thing", "@a"])).Exit.ShouldBe(0);
        _parsed!.GetValue<string>("name").ShouldBe("@a");
    }

    [Fact]
    public async Task The_exit_code_is_the_commands()
    {
        _body = _ => Task.FromResult(1);
        (await Runner().RunAsync(["thing", "a"])).ShouldBe((1, "", ""));
    }

    [Fact]
    public async Task Expected_failures_are_one_sentence()
    {
        _body = _ => throw new CliException("the feed 'a\u001b' does not exist.");
        (await Runner().RunAsync(["thing", "a"])).ShouldBe((1, "", "error: the feed 'a\\x1b' does not exist.\n"));
        _body = _ => throw new IOException("No space left on device : '/x'");
        (await Runner().RunAsync(["thing", "a"])).ShouldBe((1, "", "error: No space left on device : '/x'\n"));
    }

    [Fact]
    public async Task Unexpected_failures_show_their_place_only_when_asked()
    {
        _body = _ => throw new InvalidOperationException("boom");
        var (exit, _, error) = await Runner().RunAsync(["thing", "a"]);
        exit.ShouldBe(1);
        error.ShouldBe(
            "error: internal error: InvalidOperationException: boom (set EPORTAL_TRACE=1 for a stack trace)\n"
        );
        var runner = Runner();
        runner.Environment["EPORTAL_TRACE"] = "1";
        (await runner.RunAsync(["thing", "a"])).Err.ShouldContain("   at EPortal.Tests.Cli.CliAppTests");
    }

    [Fact]
    public async Task Cancelling_ends_a_command_with_130()
    {
        using var stop = new CancellationTokenSource();
        _body = async context =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.Cancellation);
            return 0;
        };
        _cancellation = stop.Token;
        (await Runner().RunAsync(["thing", "a"])).ShouldBe((130, "", "interrupted\n"));
    }

    [Fact]
    public async Task Wrong_settings_are_told_at_their_first_use()
    {
        _body = context => Task.FromResult(context.Settings.DataDir == "/data" ? 0 : 3);
        var runner = Runner();
        runner.Environment["EPORTAL_DATA_DIR"] = "/data";
        (await runner.RunAsync(["thing", "a"])).Exit.ShouldBe(0);
        runner.Environment["EPORTAL_CACHE_MODE"] = "x";
        runner.Environment["EPORTAL_LISTEN"] = "x";
        var (exit, _, error) = await runner.RunAsync(["thing", "a"]);
        exit.ShouldBe(1);
        var lines = error.Split('\n');
        lines[0].ShouldStartWith("error: EPORTAL_CACHE_MODE: invalid value x for CACHE_MODE: ");
        lines[1].ShouldStartWith("error: EPORTAL_LISTEN: invalid value x for LISTEN: ");
        lines[2].ShouldBe("error: invalid settings, nothing was done");
    }

    [Theory]
    [InlineData("y\n", 0)]
    [InlineData("YES\n", 0)]
    [InlineData("n\n", 1)]
    [InlineData("\n", 1)]
    [InlineData("", 1)]
    public async Task A_question_needs_a_yes(string answer, int expected)
    {
        _body = async context =>
        {
            await context.ConfirmAsync("Delete key K and its 3 servers?", yes: false);
            return 0;
        };
        var (exit, _, error) = await Runner(isTerminal: true).RunAsync(["thing", "a"], answer);
        exit.ShouldBe(expected);
        error.ShouldStartWith("Delete key K and its 3 servers? [y/N] ");
        if (expected == 1)
            error.ShouldEndWith("error: not confirmed, nothing was done\n");
    }

    [Fact]
    public async Task Without_a_terminal_only_yes_confirms()
    {
        var yes = false;
        _body = async context =>
        {
            await context.ConfirmAsync("Delete it?", yes);
            return 0;
        };
        (await Runner().RunAsync(["thing", "a"], "y\n")).ShouldBe(
            (1, "", "error: cannot ask for confirmation without a terminal, use --yes: Delete it?\n")
        );
        yes = true;
        (await Runner().RunAsync(["thing", "a"])).Exit.ShouldBe(0);
    }

    [Theory]
    [InlineData("word", false, "", 0, "word", "")]
    [InlineData(
        "word",
        true,
        "",
        0,
        "word",
        "warning: other users can see a password on the command line; use -p - to enter it\n"
    )]
    [InlineData("-", false, "from input\nmore", 0, "from input", "")]
    [InlineData("-", false, "", 1, null, "error: no password on standard input\n")]
    [InlineData(
        null,
        false,
        "x\n",
        1,
        null,
        "error: password required: use -p PASSWORD, or -p - to read it from standard input\n"
    )]
    [InlineData(null, true, "hidden\nhidden\n", 0, "hidden", "Password: \nPassword again: \n")]
    [InlineData(
        null,
        true,
        "hidden\nother\n",
        1,
        null,
        "Password: \nPassword again: \nerror: passwords do not match\n"
    )]
    public async Task A_password_need_not_stand_on_the_command_line(
        string? option,
        bool isTerminal,
        string stdin,
        int expected,
        string? password,
        string stderr
    )
    {
        string? got = null;
        _body = async context =>
        {
            got = await context.PasswordAsync(option);
            return 0;
        };
        (await Runner(isTerminal).RunAsync(["thing", "a"], stdin)).ShouldBe((expected, "", stderr));
        got.ShouldBe(password);
    }

    private CliRunner Runner(bool isTerminal = false) =>
        new(Root) { IsTerminal = isTerminal, Cancellation = _cancellation };

    private Command Root(CliContext context)
    {
        var thing = new Command("thing", "does a thing")
        {
            CliOptions.Flag("flag", "-f"),
            CliOptions.Value<int?>("days", "--days"),
            CliOptions.Choice("role", ["admin", "readonly"], "-r", "--role"),
            CliOptions.Required("name", "a name"),
        };
        thing.SetAction(
            (parsed, _) =>
            {
                _parsed = parsed;
                return _body(context);
            }
        );
        return new Command("test", "a test") { thing };
    }
}
