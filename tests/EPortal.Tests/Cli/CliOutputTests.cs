using System.CommandLine;
using EPortal.Cli;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

public sealed class CliOutputTests
{
    [Fact]
    public async Task A_table_in_a_pipe_is_plain_aligned_columns()
    {
        var (_, output, _) = await RunAsync(isTerminal: false, context => Servers().Write(context));
        output.ShouldBe(
            """
            Count | Key
            ----- + ----------------
                0 | 2shcolu7Y1x6885Q
               12 | a\x1b[1m[red]b\x0ac

            """.Replace("----------------", new string('-', 19)).ReplaceLineEndings("\n")
        );
    }

    [Fact]
    public async Task A_table_on_a_terminal_is_framed_and_as_harmless()
    {
        var (_, output, _) = await RunAsync(isTerminal: true, context => Servers().Write(context));
        output.ShouldContain("│ Count │ Key                 │");
        output.ShouldContain("│    12 │ a\\x1b[1m[red]b\\x0ac │");
        output.ShouldNotContain('\u001b');
    }

    [Theory]
    [InlineData("plain ünï 漢", "plain ünï 漢")]
    [InlineData("\u001b]0;x\u0007", "\\x1b]0;x\\x07")]
    [InlineData("a\U000E0041b\U0001D173c\U000E0101d", "a\\U000e0041b\\U0001d173c\\U000e0101d")]
    [InlineData("a\uFE0Fb\u3164c\u034Fd\u115Fe\u00ADf", "a\\ufe0fb\\u3164c\\u034fd\\u115fe\\xadf")]
    [InlineData("a\U0001F4A9b\u00FC\u4E2D", "a\U0001F4A9b\u00FC\u4E2D")]
    [InlineData("a\u202Eb\u2028c\u009bd\u200e", "a\\u202eb\\u2028c\\x9bd\\u200e")]
    [InlineData("a\r\nerror: forged", "a\\x0d\\x0aerror: forged")]
    public void What_steers_a_terminal_is_spelt_out(string text, string expected) =>
        CliText.Safe(text).ShouldBe(expected);

    [Fact]
    public void Halves_of_characters_are_spelt_out() => CliText.Safe("a\uD83Db").ShouldBe("a\\ud83db");

    [Fact]
    public void Line_breaks_can_be_kept() => CliText.SafeLines("a\nb\u001b").ShouldBe("a\nb\\x1b");

    [Fact]
    public async Task Progress_elsewhere_is_a_line_a_quarter()
    {
        var (_, output, error) = await RunAsync(
            isTerminal: false,
            context =>
            {
                using var progress = new CliProgress(context, "Deploying K1", 1000);
                for (var done = 0; done <= 1000; done += 10)
                    progress.Report(done);
            }
        );
        output.ShouldBeEmpty();
        error.ShouldBe(
            "Deploying K1 ...\nDeploying K1 25 %\nDeploying K1 50 %\nDeploying K1 75 %\nDeploying K1 100 %\n"
        );
    }

    [Fact]
    public async Task Progress_on_a_terminal_is_a_bar_that_is_redrawn_not_too_often()
    {
        var time = new FakeTimeProvider();
        var (_, _, error) = await RunAsync(
            isTerminal: true,
            context =>
            {
                using var progress = new CliProgress(context, "Deploying K1", 4);
                progress.Report(1);
                progress.Report(2);
                time.Advance(TimeSpan.FromSeconds(1));
                progress.Report(3);
                progress.Report(4);
            },
            time
        );
        error.ShouldBe(
            "\rDeploying K1 [#######.......................]  25 %"
                + "\rDeploying K1 [######################........]  75 %"
                + "\rDeploying K1 [##############################] 100 %\n"
        );
    }

    [Fact]
    public async Task A_frame_that_would_not_fit_is_left_out()
    {
        var (_, output, _) = await RunAsync(
            isTerminal: true,
            context =>
            {
                var table = new CliTable("Id", "Hostname") { Empty = "" };
                table.Add(new string('i', 40), new string('h', 40));
                table.Write(context);
            }
        );

        output.ShouldBe(
            $"Id{new string(' ', 38)} | Hostname\n{new string('-', 40)} + {new string('-', 40)}\n{new string('i', 40)} | {new string('h', 40)}\n"
        );
    }

    [Fact]
    public async Task An_empty_table_says_what_is_empty_and_programs_still_get_its_titles()
    {
        var table = new CliTable("Key", "Note") { Empty = "there are no keys" };

        (await RunAsync(isTerminal: true, table.Write)).ShouldBe((0, "", "there are no keys\n"));
        (await RunAsync(isTerminal: false, table.Write)).ShouldBe(
            (0, "Key | Note\n--- + ----\n", "there are no keys\n")
        );
    }

    [Theory]
    [InlineData(0, "0 servers", "0 servers were")]
    [InlineData(1, "1 server", "1 server was")]
    [InlineData(2, "2 servers", "2 servers were")]
    [InlineData(1_000_000, "1000000 servers", "1000000 servers were")]
    public void Numbers_of_things(long count, string things, string were) =>
        (EPortal.Data.Plural.Of(count, "server"), EPortal.Data.Plural.Were(count, "server")).ShouldBe((things, were));

    private static CliTable Servers()
    {
        var table = new CliTable(CliColumn.Number("Count"), "Key") { Empty = "there are no keys" };
        table.Add(0, "2shcolu7Y1x6885Q");
        table.Add(12, "a\u001b[1m[red]b\nc");
        return table;
    }

    private static Task<(int Exit, string Out, string Err)> RunAsync(
        bool isTerminal,
        Action<CliContext> body,
        TimeProvider? time = null
    )
    {
        var runner = new CliRunner(context =>
        {
            var root = new Command("test");
            root.SetAction(_ => body(context));
            return root;
        })
        {
            IsTerminal = isTerminal,
            Time = time ?? TimeProvider.System,
        };
        return runner.RunAsync([]);
    }
}
