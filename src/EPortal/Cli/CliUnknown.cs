using System.CommandLine;
using System.CommandLine.Parsing;

namespace EPortal.Cli;

/// <summary>Words of a command line that nothing is called, and what may have been meant.</summary>
internal static class CliUnknown
{
    /// <summary>An option, command or argument too many, as a sentence; null when there is none.</summary>
    public static string? ProblemOrNull(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        // The options after a command that there is none of are nobody's.
        if (
            parsed.UnmatchedTokens.Count > 0
            && !IsOption(parsed.UnmatchedTokens[0])
            && CommandOrNull(parsed) is { } unknown
        )
            return unknown;
        if (OptionOrNull(parsed) is { } option)
            return $"unknown option '{option}' for {CliNames.Path(command)}{Hint(option.Split('=')[0], Flags(command))}";
        return CommandOrNull(parsed)
            ?? MisplacedOrNull(parsed)
            ?? (parsed.UnmatchedTokens.Count > 0 ? $"unexpected argument '{parsed.UnmatchedTokens[0]}'" : null);
    }

    /// <summary>An option of a command above, which would do nothing for the one that is called.</summary>
    private static string? MisplacedOrNull(ParseResult parsed)
    {
        for (
            var above = parsed.CommandResult.Parent as CommandResult;
            above is not null;
            above = above.Parent as CommandResult
        )
        {
            if (above.Children.OfType<OptionResult>().FirstOrDefault(option => !option.Implicit) is { } option)
                return $"unexpected {option.IdentifierToken} before '{parsed.CommandResult.Command.Name}'; put options after the command";
        }

        return null;
    }

    /// <summary>A word where a command belongs, as a sentence; help is not given for it either.</summary>
    public static string? CommandOrNull(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var noun = command as CliNoun;
        var word =
            noun?.StrayWordOrNull(parsed.CommandResult)
            ?? (
                command.Subcommands.Count > 0 && command.Arguments.Count == 0
                    ? parsed.UnmatchedTokens.FirstOrDefault(text => !IsOption(text))
                    : null
            );
        if (word is null)
            return null;
        var known = noun?.Verbs ?? command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name);
        var hint =
            Hint(word, known) is { Length: > 0 } near ? near
            : Elsewhere(command, word) is { } path ? $"; did you mean '{path}'?"
            : $"; see `{CliNames.Path(command)} --help`";
        return $"unknown command '{word}' for {CliNames.Path(command)}{hint}";
    }

    /// <summary>
    /// What looks like an option but is none. The parser would take it for a name where there is room for one; after
    /// <c>--</c>, and as the value of an option, it may begin with a hyphen.
    /// </summary>
    private static string? OptionOrNull(ParseResult parsed)
    {
        var named = parsed
            .Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .ToHashSet<Token>(ReferenceEqualityComparer.Instance);
        return parsed
            .CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Where(named.Contains)
            .Select(token => token.Value)
            .Concat(parsed.UnmatchedTokens)
            .FirstOrDefault(IsOption);
    }

    private static bool IsOption(string text) => text is ['-', _, ..] && text != "--";

    private static string Hint(string word, IEnumerable<string> known) =>
        CliClosest.FindOrNull(word, known) is { } near && near != word ? $"; did you mean '{near}'?" : "";

    private static IEnumerable<string> Flags(Command command) =>
        CliNames.OptionsOf(command).SelectMany(option => option.Aliases.Prepend(option.Name));

    /// <summary>A command of that name further down, or an option.</summary>
    private static string? Elsewhere(Command command, string word) =>
        Below(command).Where(child => child.Name == word).Select(CliNames.Path).FirstOrDefault()
        ?? Flags(command).FirstOrDefault(flag => flag == $"--{word}");

    private static IEnumerable<Command> Below(Command command) =>
        command.Subcommands.Where(child => !child.Hidden).SelectMany(child => Below(child).Prepend(child));
}
