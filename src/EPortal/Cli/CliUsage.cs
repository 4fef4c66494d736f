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
    /// What is wrong with a command line in one sentence; null when it can be run. What the parser itself finds is told in our
    /// words; what is left of its errors are those of our own checks.
    /// </summary>
    public static string? ProblemOrNull(ParseResult parsed) => parsed.Action is CliHelp or CliVersion
        ? CliUnknown.CommandOrNull(parsed)
        : CliUnknown.ProblemOrNull(parsed)
            ?? (parsed.Errors.Count == 0 ? null : CliValues.ProblemOrNull(parsed) ?? parsed.Errors[0].Message);
}
