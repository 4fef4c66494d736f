using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace EPortal.Cli;

/// <summary>Options in the one way all commands have them.</summary>
internal static class CliOptions
{
    /// <summary><c>--json</c>: data for programs instead of a table.</summary>
    public static Option<bool> Json() => Flag("print JSON for programs", "--json");

    /// <summary><c>--yes</c>: do not ask.</summary>
    public static Option<bool> Yes() => Flag("do not ask for confirmation", "-y", "--yes");

    /// <summary><c>--dry-run</c>: tell what would be done, and change nothing.</summary>
    public static Option<bool> DryRun() => Flag("show what would be done without doing it", "--dry-run");

    /// <summary>
    /// Whether an option is on the command line, whatever its value. For checks: to ask for the value of one that is
    /// missing or of another type throws there.
    /// </summary>
    public static bool IsGiven(this SymbolResult result, Option option) =>
        result.GetResult(option) is { Implicit: false };

    /// <summary>Refuses numbers outside of a range.</summary>
    public static void Between(this Option<int?> option, int least, int most) =>
        option.Validators.Add(result =>
        {
            if (
                result.Tokens is [{ Value: var text }]
                && int.TryParse(text, CultureInfo.InvariantCulture, out var number)
                && (number < least || number > most)
            )
                result.AddError($"{option.Name} must be between {least} and {most}");
        });

    /// <summary>Adds a verb that does what the command does with its flags.</summary>
    public static Command AddVerb(
        this Command command,
        string name,
        string description,
        Option[] options,
        Func<ParseResult, CancellationToken, Task<int>> run
    )
    {
        var verb = new Command(name, description);
        foreach (var option in options)
            verb.Options.Add(option);
        verb.SetAction(run);
        command.Add(verb);
        return verb;
    }

    /// <summary>An option that takes no value, so that what follows it is never swallowed.</summary>
    public static Option<bool> Flag(string description, string name, params string[] aliases) =>
        new(name, aliases) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>An option with a value; help shows its longest name in capitals unless it is given one.</summary>
    public static Option<T?> Value<T>(string? description, string name, params string[] aliases) =>
        new(name, aliases) { Description = description, Arity = ArgumentArity.ExactlyOne };

    /// <summary>An option that takes one of a few words.</summary>
    public static Option<string?> Choice(
        string? description,
        IReadOnlyList<string> choices,
        string name,
        params string[] aliases
    ) => Choice(description, choices, word => choices.Contains(word), name, aliases);

    /// <summary>The same, where words are accepted that help and completion do not show.</summary>
    public static Option<string?> Choice(
        string? description,
        IReadOnlyList<string> choices,
        Func<string, bool> isAccepted,
        string name,
        params string[] aliases
    )
    {
        var option = Value<string>(description, name, aliases);
        option.HelpName = $"{{{string.Join(',', choices)}}}";
        option.CompletionSources.Add([.. choices]);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !isAccepted(token.Value)))
                result.AddError($"invalid value '{token.Value}' for {name}: use {string.Join(" or ", choices)}");
        });
        return option;
    }

    /// <summary>An argument that may be left out.</summary>
    public static Argument<string?> Optional(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrOne };

    /// <summary>An argument that must be given.</summary>
    public static Argument<string> Required(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ExactlyOne };
}
