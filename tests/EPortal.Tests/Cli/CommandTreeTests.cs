using System.CommandLine;
using System.CommandLine.Help;
using EPortal.Cli;
using EPortal.Hosting;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

/// <summary>What every command of both command lines has to have, now and later.</summary>
public sealed class CommandTreeTests : IDisposable
{
    /// <summary>Commands that run until stopped and print no data.</summary>
    private static readonly string[] Servers = ["eportal serve", "eportal demo"];

    /// <summary>What they print is for a shell.</summary>
    private static readonly string[] Completion = ["completion", "complete"];

    /// <summary>What they print is a file as it is, or they print no data.</summary>
    private static readonly string[] Files =
    [
        "eportal man",
        "kc.eportal man",
        "kc.eportal config example",
        "kc.eportal sync-nginx-conf",
    ];

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Paths =>
        [.. Commands(Root("kc.eportal")).Concat(Commands(Root("eportal"))).Select(CliNames.Path)];

    public static TheoryData<string> Leaves =>
        [.. Commands(Root("kc.eportal")).Concat(Commands(Root("eportal"))).Where(IsLeaf).Select(CliNames.Path)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Every_command_has_help_that_tells_all_its_parts(string path)
    {
        var command = Find(path);
        command.Description.ShouldNotBeNullOrWhiteSpace();
        foreach (var option in command.Options.Where(option => option is not HelpOption))
            option.Description.ShouldNotBeNullOrWhiteSpace($"{path} {option.Name}");
        foreach (var argument in command.Arguments)
            argument.Description.ShouldNotBeNullOrWhiteSpace($"{path} {argument.Name}");

        foreach (var flag in (string[])["-h", "--help"])
        {
            var (exit, output, error) = await Run(path, flag);
            (exit, error).ShouldBe((0, ""));
            output.ShouldStartWith($"usage: {path}");
            output.ShouldContain("-h, --help");
            foreach (var option in command.Options.Where(option => option is not HelpOption))
                output.ShouldContain(option.Name);
            foreach (var child in command.Subcommands.Where(child => !child.Hidden))
                output.ShouldContain($"    {child.Name} ");
        }
    }

    [Theory]
    [MemberData(nameof(Leaves))]
    public void Every_command_that_prints_data_prints_it_for_programs_too(string path)
    {
        if (!Servers.Contains(path) && !Files.Contains(path) && !Completion.Contains(path.Split(' ')[^1]))
            Find(path).Options.ShouldContain(option => option.Name == "--json");
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task What_looks_like_an_option_and_is_none_is_refused_by_name(string path)
    {
        foreach (var option in (string[])["-z", "-Z", "--nope", "--nope=1", "-zz", "-1"])
        {
            var (exit, output, error) = await Run(path, option);
            (exit, output).ShouldBe((2, ""), $"{path} {option}: {error}");
            error.TrimEnd('\n').Split('\n')[^1].ShouldStartWith($"error: unknown option '{option}' for {path}");
        }

        Directory.Exists(_folder.File("data")).ShouldBeFalse("nothing may have been done");
    }

    [Fact]
    public async Task A_name_after_two_hyphens_may_begin_with_one()
    {
        (await Run("kc.eportal", "user", "-a", "-p", "long enough", "--", "-z")).Exit.ShouldBe(0);
        (await Run("kc.eportal", "user")).Out.ShouldContain("\n-z ");
        (await Run("kc.eportal", "user", "-d", "--", "-z")).Exit.ShouldBe(0);
    }

    [Fact]
    public async Task The_value_of_an_option_may_begin_with_one()
    {
        (await Run("kc.eportal", "key", "-a", "k", "--note", "-z is not an option")).Exit.ShouldBe(0);
        (await Run("kc.eportal", "key")).Out.ShouldContain("-z is not an option");
        (await Run("kc.eportal", "key", "-c", "k", "--server-limit", "-1")).ShouldBe(
            (1, "", "error: invalid server limit: use 0 (none) to 2147483647\n")
        );
    }

    [Theory]
    [InlineData("key", "-a", "-c", "k")]
    [InlineData("feed", "-c", "-d", "k")]
    [InlineData("user", "-a", "-d", "k")]
    [InlineData("key", "-ad", "k")]
    [InlineData("key", "k")]
    [InlineData("key", "-a", "one", "two")]
    [InlineData("feed", "-a")]
    [InlineData("user", "-d")]
    [InlineData("feed", "-a", "f", "--auto", "--no-auto")]
    [InlineData("key", "-a", "k", "--product", "kernel", "--default-products")]
    [InlineData("key", "-a", "k", "--product", "libcare")]
    [InlineData("user", "-a", "u", "-r", "god")]
    [InlineData("feed", "-a", "f", "--channel", "nightly")]
    [InlineData("feed", "-a", "f", "--deploy-after", "soon")]
    [InlineData("key", "-a", "k", "--server-limit", "1.5")]
    [InlineData("key", "-a", "k", "--server-limit", "9999999999999999999")]
    [InlineData("server", "clean")]
    [InlineData("server", "clean", "--inactive", "--days", "x")]
    [InlineData("server", "delete")]
    [InlineData("server", "tag", "onlyid")]
    [InlineData("server", "history")]
    [InlineData("kcare")]
    [InlineData("kcare", "deploy")]
    [InlineData("kcare", "unroll", "K1", "--downto", "--delete")]
    [InlineData("patchset", "build", "x.tar")]
    [InlineData("patchset", "sign", "x.tar")]
    [InlineData("nonsense")]
    [InlineData("--list-servers", "--deploy", "x")]
    [InlineData("--deploy")]
    public async Task Bad_usage_is_2_with_usage_and_one_sentence(params string[] args)
    {
        var (exit, output, error) = await Run("kc.eportal", args);

        (exit, output).ShouldBe((2, ""), error);
        error.ShouldStartWith("usage: kc.eportal");
        error.Split('\n').Count(line => line.StartsWith("error: ", StringComparison.Ordinal)).ShouldBe(1);
        error.ShouldMatch("[^.]\n\\z");
        error.ShouldNotContain("System.");
        Directory.Exists(_folder.File("data")).ShouldBeFalse("nothing may have been done");
    }

    private static bool IsLeaf(Command command) => command.Subcommands.Count == 0 || command.Action is not null;

    private static IEnumerable<Command> Commands(Command root) => root.Subcommands.SelectMany(Commands).Prepend(root);

    private static Command Root(string name, CliContext? context = null)
    {
        context ??= new CliContext
        {
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            In = TextReader.Null,
            Environment = new Dictionary<string, string>(),
        };
        return name == "eportal" ? CommandLine.Server(context) : CommandLine.Administration(context);
    }

    private static Command Find(string path) =>
        path.Split(' ')
            .Skip(1)
            .Aggregate(
                Root(path.Split(' ')[0]),
                (command, name) => command.Subcommands.Single(child => child.Name == name)
            );

    private Task<(int Exit, string Out, string Err)> Run(string path, params string[] args)
    {
        var words = path.Split(' ');
        var runner = PortalCli.On(_folder.File("data"), width: 200, root: context => Root(words[0], context));
        return runner.RunAsync([.. words[1..], .. args]);
    }
}
