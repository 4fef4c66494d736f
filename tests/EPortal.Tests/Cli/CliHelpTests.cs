using System.CommandLine;
using EPortal.Cli;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

public sealed class CliHelpTests
{
    private readonly CliRunner _runner = new(Root);

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    public async Task A_command_shows_usage_description_and_aligned_columns(string flag)
    {
        var (exit, output, error) = await _runner.RunAsync(["key", flag]);
        output.ShouldBe(
            """
            usage: kc.eportal key [-h] [-a] [-c] [--note NOTE]
                                  [--server-limit SERVER_LIMIT] [--feed FEED]
                                  [key]

            list available keys by default

            positional arguments:
              key                   key name

            optional arguments:
              -h, --help            show this help message and exit
              -a                    action: add new key
              -c                    action: change key
              --note NOTE           key description
              --server-limit SERVER_LIMIT
                                    maximum number of servers allowed
              --feed FEED           feed to associate key to

            """.ReplaceLineEndings("\n")
        );
        (exit, error).ShouldBe((0, ""));
    }

    [Fact]
    public async Task A_wide_terminal_keeps_the_usage_on_one_line()
    {
        _runner.Environment["COLUMNS"] = "120";
        var (_, output, _) = await _runner.RunAsync(["user", "-h"]);
        output.ShouldBe(
            """
            usage: kc.eportal user [-h] [-a] [-c] [-d] [-p PASSWORD] [-r {admin,readonly}] [--note NOTE] [user]

            list available users by default

            positional arguments:
              user                  user name

            optional arguments:
              -h, --help            show this help message and exit
              -a                    action: add new user
              -c                    action: change user
              -d                    action: delete user
              -p PASSWORD, --password PASSWORD
              -r {admin,readonly}, --role {admin,readonly}
              --note NOTE           description

            """.ReplaceLineEndings("\n")
        );
    }

    [Fact]
    public async Task Columns_stand_no_further_right_than_they_must()
    {
        var (_, output, _) = await _runner.RunAsync(["libcare", "deploy", "--help"]);
        output.ShouldBe(
            """
            usage: kc.eportal libcare deploy [-h] [--feed FEED] [--disabled] archive

            positional arguments:
              archive      path to archive

            optional arguments:
              -h, --help   show this help message and exit
              --feed FEED  feed to deploy archive to
              --disabled   do not enable patchset after deploy

            """.ReplaceLineEndings("\n")
        );
    }

    [Fact]
    public async Task Commands_are_listed_with_their_first_paragraph()
    {
        var (exit, output, _) = await _runner.RunAsync(["--help"]);
        output.ShouldBe(
            """
            usage: kc.eportal [-h] [--version] [-a USER] command ...

            looks after the portal

            positional arguments:
              command
                key                 list available keys by default
                user                list available users by default
                libcare             LibCare patchsets
                config              check the settings, or print an example

            optional arguments:
              -h, --help            show this help message and exit
              --version             show the version and exit
              -a USER, --add-user USER
                                    add a user, with an explanation that is long enough to
                                    need a second line

            """.ReplaceLineEndings("\n")
        );
        exit.ShouldBe(0);
    }

    [Fact]
    public async Task Examples_come_last_as_they_are_written()
    {
        var (_, output, _) = await _runner.RunAsync(["config", "check", "-h"]);
        output.ShouldEndWith(
            """
              --json      print JSON for programs

            examples:
              kc.eportal config check
              EPORTAL_CONFIG=/tmp/new kc.eportal config check

            """.ReplaceLineEndings("\n")
        );
    }

    [Fact]
    public async Task Help_wins_over_mistakes_on_the_same_line()
    {
        var (exit, output, _) = await _runner.RunAsync(["libcare", "deploy", "--nonsense", "-h"]);
        exit.ShouldBe(0);
        output.ShouldStartWith("usage: kc.eportal libcare deploy ");
    }

    private static Command Root(CliContext context) =>
        new("kc.eportal", "looks after the portal")
        {
            new Command("key", "list available keys by default")
            {
                CliOptions.Flag("action: add new key", "-a"),
                CliOptions.Flag("action: change key", "-c"),
                CliOptions.Value<string>("key description", "--note"),
                CliOptions.Value<int?>("maximum number of servers allowed", "--server-limit"),
                CliOptions.Value<string>("feed to associate key to", "--feed"),
                CliOptions.Optional("key", "key name"),
            },
            new Command("user", "list available users by default")
            {
                CliOptions.Flag("action: add new user", "-a"),
                CliOptions.Flag("action: change user", "-c"),
                CliOptions.Flag("action: delete user", "-d"),
                CliOptions.Value<string>(null, "-p", "--password"),
                CliOptions.Choice(null, ["admin", "readonly"], "-r", "--role"),
                CliOptions.Value<string>("description", "--note"),
                CliOptions.Optional("user", "user name"),
            },
            new Command("libcare", "LibCare patchsets")
            {
                new Command("deploy")
                {
                    CliOptions.Value<string>("feed to deploy archive to", "--feed"),
                    CliOptions.Flag("do not enable patchset after deploy", "--disabled"),
                    CliOptions.Required("archive", "path to archive"),
                },
            },
            SettingsCommands.Create(context),
            Named(
                CliOptions.Value<string>(
                    "add a user, with an explanation that is long enough to need a second line",
                    "-a",
                    "--add-user"
                ),
                "USER"
            ),
        };

    private static Option<string?> Named(Option<string?> option, string helpName)
    {
        option.HelpName = helpName;
        return option;
    }
}
