using System.CommandLine;

namespace EPortal.Cli;

/// <summary>Answers a command line that cannot be understood: the usage and one sentence, exit code 2.</summary>
internal static class CliUsage
{
    public static int Refuse(ParseResult parsed, string problem, CliContext context)
    {
        context.Error.WriteLine(CliHelp.Usage(parsed.CommandResult.Command, context.Width));
        context.Note($"error: {problem}");
        return CliExit.BadUsage;
    }

    /// <summary>
    /// What is wrong with a command line in one sentence; null when it can be run. What the parser itself finds is told
    /// in our words; what is left of its errors are those of our own checks.
    /// </summary>
    /// <param name="parsed">The command line as the parser understood it.</param>
    /// <param name="args">The command line as it was given.</param>
    public static string? ProblemOrNull(ParseResult parsed, IReadOnlyList<string> args) =>
        parsed.Action is CliHelp or CliVersion
            ? CliUnknown.CommandOrNull(parsed)
            : ValueOfFlagOrNull(parsed, args)
                ?? CliUnknown.ProblemOrNull(parsed)
                ?? (parsed.Errors.Count == 0 ? null : CliValues.ProblemOrNull(parsed) ?? parsed.Errors[0].Message);

    /// <summary>
    /// A value given to an option that takes none, which the parser would take for an argument of the command.
    /// </summary>
    private static string? ValueOfFlagOrNull(ParseResult parsed, IReadOnlyList<string> args)
    {
        var given = args.TakeWhile(arg => arg != "--")
            .Where(arg => arg.StartsWith('-') && arg.Contains('='))
            .Select(arg => arg[..arg.IndexOf('=')]);
        var flags = CliNames
            .OptionsOf(parsed.CommandResult.Command)
            .Where(option => option.Arity.MaximumNumberOfValues == 0)
            .SelectMany(option => option.Aliases.Prepend(option.Name))
            .ToHashSet(StringComparer.Ordinal);
        return given.FirstOrDefault(flags.Contains) is { } flag ? $"{flag} takes no value" : null;
    }
}
