using System.CommandLine;
using System.Globalization;
using System.Resources;
using System.Text.RegularExpressions;
using EPortal.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;
using static EPortal.Tests.Cli.CommandLines;

namespace EPortal.Tests.Cli;

/// <summary>What is said to command lines that cannot be understood.</summary>
public sealed class CliUsageTests : IDisposable
{
    /// <summary>
    /// Everything that System.CommandLine can say. A version that can say more fails this test, so that somebody looks
    /// whether the new sentence can reach people.
    /// </summary>
    private static readonly string[] KnownSentences =
    [
        "ArgumentConversionCannotParse",
        "ArgumentConversionCannotParseForCommand",
        "ArgumentConversionCannotParseForCommand_Completions",
        "ArgumentConversionCannotParseForOption",
        "ArgumentConversionCannotParseForOption_Completions",
        "CommandRequiredArgumentMissing",
        "DirectoryDoesNotExist",
        "ErrorReadingResponseFile",
        "ExceptionHandlerHeader",
        "FileDoesNotExist",
        "FileOrDirectoryDoesNotExist",
        "HelpAdditionalArgumentsDescription",
        "HelpAdditionalArgumentsTitle",
        "HelpArgumentDefaultValueLabel",
        "HelpArgumentsTitle",
        "HelpCommandsTitle",
        "HelpDescriptionTitle",
        "HelpOptionDescription",
        "HelpOptionsRequiredLabel",
        "HelpOptionsTitle",
        "HelpUsageAdditionalArguments",
        "HelpUsageCommand",
        "HelpUsageOptions",
        "HelpUsageTitle",
        "InvalidCharactersInFileName",
        "InvalidCharactersInPath",
        "OptionExpectsOneArgument",
        "OptionRequiredArgumentMissing",
        "RequiredCommandWasNotProvided",
        "RequiredOptionWasNotProvided",
        "ResponseFileNotFound",
        "SuggestionsTokenNotMatched",
        "UnrecognizedArgument",
        "UnrecognizedCommandOrArgument",
        "VersionOptionCannotBeCombinedWithOtherArguments",
        "VersionOptionDescription",
    ];

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Paths =>
        [.. Commands(Root("kc.eportal", Nowhere())).Concat(Commands(Root("eportal", Nowhere()))).Select(CliNames.Path)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_sentences_of_the_library_are_those_that_were_looked_at() =>
        Resources().Keys.Order(StringComparer.Ordinal).ShouldBe(KnownSentences);

    [Theory]
    [MemberData(nameof(Paths))]
    public void No_sentence_of_the_library_reaches_people(string path)
    {
        var theirs = Resources().Values.Where(text => text.Length > 10).Select(ToPattern).ToList();
        var (program, words) = (path.Split(' ')[0], path.Split(' ')[1..]);
        var refused = 0;
        foreach (var line in BadLines(Find(path)))
        {
            var context = Nowhere();
            var parsed = CliApp.Parse(Root(program, context), [.. words, .. line], context);
            if (CliUsage.ProblemOrNull(parsed, [.. words, .. line]) is not { } problem)
                continue;
            refused++;
            var shown = $"{path} {string.Join(' ', line)}: {problem}";
            theirs.ShouldAllBe(pattern => !pattern.IsMatch(problem), shown);
            problem.EndsWith('.').ShouldBeFalse(shown);
            problem.ShouldNotContain("System.", Case.Sensitive, shown);
        }

        refused.ShouldBeGreaterThan(3);
    }

    [Theory]
    [InlineData("unknown command 'xyzzy' for kc.eportal; see `kc.eportal --help`", "xyzzy")]
    [InlineData("unknown command 'xyzzy' for kc.eportal; see `kc.eportal --help`", "xyzzy", "--help")]
    [InlineData("unknown command 'xyzzy' for kc.eportal; see `kc.eportal --help`", "xyzzy", "--version")]
    [InlineData("--no-send takes no value", "doctor", "--no-send=false")]
    [InlineData("--json takes no value", "key", "list", "--json=no")]
    [InlineData("unknown command 'usr' for kc.eportal; did you mean 'user'?", "usr")]
    [InlineData("unknown command 'servers' for kc.eportal; did you mean 'server'?", "servers", "list")]
    [InlineData("unknown command 'deploy' for kc.eportal; did you mean 'kc.eportal kcare deploy'?", "deploy", "x.tar")]
    [InlineData("unknown command 'list-servers' for kc.eportal; did you mean '--list-servers'?", "list-servers")]
    [InlineData("unknown command 'lst' for kc.eportal key; did you mean 'list'?", "key", "lst")]
    [InlineData("unknown command 'lst' for kc.eportal key; did you mean 'list'?", "key", "lst", "-h")]
    [InlineData("unknown command 'create' for kc.eportal key; did you mean 'add'?", "key", "create", "test")]
    [InlineData("unknown command 'remove' for kc.eportal user; did you mean 'delete'?", "user", "remove", "bob")]
    [InlineData("unknown command 'test' for kc.eportal key; see `kc.eportal key --help`", "key", "test")]
    [InlineData("unknown command 'rm' for kc.eportal server; did you mean 'delete'?", "server", "rm")]
    [InlineData("unknown command 'unrol' for kc.eportal kcare; did you mean 'unroll'?", "kcare", "unrol", "K1")]
    [InlineData(
        "unknown option '--noo-auto' for kc.eportal feed; did you mean '--no-auto'?",
        "feed",
        "-c",
        "test",
        "--noo-auto"
    )]
    [InlineData(
        "unknown option '--host' for kc.eportal server list; did you mean '--hostname'?",
        "server",
        "list",
        "--host",
        "web1"
    )]
    [InlineData("unknown option '--jsn=1' for kc.eportal user list; did you mean '--json'?", "user", "list", "--jsn=1")]
    [InlineData("unknown option '-z' for kc.eportal user", "user", "-z")]
    [InlineData("unexpected argument 'web1'", "server", "list", "web1")]
    [InlineData("unexpected argument 'two'", "key", "add", "one", "two")]
    [InlineData("specify a command; see `--help`")]
    [InlineData(
        "specify a command: deploy, enable, disable, unroll, list, update, auto-update, download-missing",
        "kcare"
    )]
    [InlineData("archive is required", "kcare", "deploy")]
    [InlineData("user is required", "user", "add")]
    [InlineData("feed is required", "feed", "-d")]
    [InlineData("--deploy-after requires a value", "feed", "-a", "test", "--deploy-after")]
    [InlineData("--feed can be given only once", "key", "-a", "k", "--feed", "a", "--feed", "b")]
    [InlineData("invalid value '1.5' for --days: use a whole number", "server", "clean", "--inactive", "--days", "1.5")]
    [InlineData("'99999999999' is too large for --days", "server", "clean", "--inactive", "--days", "99999999999")]
    [InlineData("--name is required", "patchset", "build", "x.tar", "a=b")]
    [InlineData("--note requires -a or -c", "key", "-d", "k", "--note", "x")]
    [InlineData("--auto requires -a or -c", "feed", "--auto")]
    [InlineData("--dry-run requires -d", "user", "-a", "bob", "--dry-run")]
    [InlineData("--dry-run requires --clean-releases", "--list-servers", "--dry-run")]
    [InlineData(
        "unexpected --list-servers before 'list'; put options after the command",
        "--list-servers",
        "key",
        "list"
    )]
    [InlineData("unexpected --off before 'show'; put options after the command", "ldap", "--off", "show")]
    [InlineData("unexpected --json before 'list'; put options after the command", "--json", "key", "list")]
    [InlineData("use --off alone", "ldap", "--off", "--url", "ldap://a")]
    [InlineData("specify --url", "patch-source", "set", "--user", "bob")]
    [InlineData("--days must be between 1 and 3650", "api-key", "add", "bob", "ci", "--days", "0")]
    [InlineData("use --yes only with --delete", "kcare", "unroll", "K1", "--yes")]
    [InlineData("use only one of --auto and --no-auto", "feed", "add", "f", "--auto", "--no-auto")]
    [InlineData(
        "invalid sort column 'colour': use hostname, ip, registered, updated, checkin, key, feed, distro, release, kernel, machine, virt, kcare_version, level",
        "server",
        "list",
        "--sort",
        "colour"
    )]
    [InlineData("unknown shell 'tcsh': use bash, zsh or fish", "completion", "tcsh")]
    public async Task Bad_usage_is_told_in_one_sentence_with_what_may_have_been_meant(
        string sentence,
        params string[] args
    )
    {
        var (exit, output, error) = await PortalCli.On(_folder.File("data"), width: 200).RunAsync(args);

        (exit, output).ShouldBe((2, ""));
        error.ShouldStartWith("usage: kc.eportal");
        error.ShouldEndWith($"\nerror: {sentence}\n");
        Directory.Exists(_folder.File("data")).ShouldBeFalse("nothing may have been done");
    }

    [Theory]
    [InlineData("kc.eportal")]
    [InlineData("eportal")]
    public async Task The_version_is_that_of_the_program(string program)
    {
        var runner = PortalCli.On(_folder.File("data"), root: context => Root(program, context));
        var (exit, output, error) = await runner.RunAsync(["--version"]);

        (exit, error).ShouldBe((0, ""));
        output.ShouldMatch(@$"^{Regex.Escape(program)} \d+\.\d+\.\d+(-[\w.]+)?\n\z");
    }

    [Fact]
    public void An_option_that_is_on_or_off_takes_no_value()
    {
        foreach (
            var option in Commands(Root("kc.eportal", Nowhere()))
                .Concat(Commands(Root("eportal", Nowhere())))
                .SelectMany(command => command.Options)
        )
        {
            if (option.ValueType == typeof(bool))
                option.Arity.ShouldBe(ArgumentArity.Zero, option.Name);
        }
    }

    [Fact]
    public void Every_example_in_the_help_can_be_run()
    {
        var examples = Commands(Root("kc.eportal", Nowhere()))
            .Concat(Commands(Root("eportal", Nowhere())))
            .SelectMany(Examples)
            .ToList();
        examples.Count.ShouldBeGreaterThan(30);
        foreach (var (command, example) in examples)
        {
            var (found, problem) = CommandLines.Parse(example);
            problem.ShouldBeNull(example);
            CliNames.Path(found).ShouldStartWith(CliNames.Path(command), Case.Sensitive, example);
        }
    }

    [Theory]
    [InlineData("kcare", "K2")]
    [InlineData("libcare", "U2")]
    [InlineData("qemu", "-qemu")]
    [InlineData("db", "-db")]
    public void The_examples_of_a_product_name_its_patchsets(string verb, string part)
    {
        var examples = Commands(Find($"kc.eportal {verb}")).SelectMany(Examples).ToList();
        examples.Count.ShouldBeGreaterThan(3);
        examples.ShouldAllBe(pair => pair.Example.Contains(part));
    }

    private static IEnumerable<(Command Command, string Example)> Examples(Command command) =>
        (command.Description ?? "")
            .ReplaceLineEndings("\n")
            .Replace("\\\n", " ", StringComparison.Ordinal)
            .Split('\n')
            .Select(line => Regex.Match(line, @"^  (?:\S+=\S+ |echo .* \| )?((?:kc\.)?eportal .*)$"))
            .Where(match => match.Success)
            .Select(match => (command, match.Groups[1].Value));

    /// <summary>Lines that are wrong in every way that a parser can find.</summary>
    private static IEnumerable<string[]> BadLines(Command command)
    {
        yield return [];
        yield return ["surplus"];
        yield return ["one", "two", "three", "four"];
        yield return ["--nope"];
        yield return ["@file"];
        yield return ["[suggest:3]"];
        yield return ["[diagram]", "x"];
        yield return ["--version", "x"];
        foreach (var option in command.Options)
        {
            yield return [option.Name];
            yield return [option.Name, option.Name];
            yield return [$"{option.Name}="];
            yield return [$"{option.Name}=x"];
            yield return [option.Name, "x"];
            yield return [option.Name, "x", option.Name, "y"];
            yield return [option.Name, "1", option.Name, "2"];
            yield return ["a", option.Name, "99999999999999999999999"];
            yield return ["a", option.Name, "-99999999999999999999999"];
            foreach (var other in command.Options)
                yield return ["a", option.Name, "1", other.Name];
        }
    }

    private static Dictionary<string, string> Resources()
    {
        var manager = new ResourceManager("System.CommandLine.Properties.Resources", typeof(Command).Assembly);
        using var set = manager.GetResourceSet(
            CultureInfo.InvariantCulture,
            createIfNotExists: true,
            tryParents: true
        )!;
        return set.Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!, StringComparer.Ordinal);
    }

    private static Regex ToPattern(string template) =>
        new(
            Regex.Replace(Regex.Escape(template.Trim()), @"\\\{\d}", ".*"),
            RegexOptions.Singleline | RegexOptions.IgnoreCase
        );

    private static IEnumerable<Command> Commands(Command root) => root.Subcommands.SelectMany(Commands).Prepend(root);

    private static Command Find(string path) =>
        path.Split(' ')
            .Skip(1)
            .Aggregate(
                Root(path.Split(' ')[0], Nowhere()),
                (command, name) => command.Subcommands.Single(child => child.Name == name)
            );
}
