using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using EPortal.Cli;
using EPortal.Hosting;

namespace EPortal.Tests.Cli;

/// <summary>Command lines as texts for people print them.</summary>
internal static partial class CommandLines
{
    /// <summary>All commands of a program.</summary>
    public static Command Root(string program, CliContext context) =>
        program == "eportal" ? CommandLine.Server(context) : CommandLine.Administration(context);

    /// <summary>A place where nothing is read or written.</summary>
    public static CliContext Nowhere() =>
        new()
        {
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            In = TextReader.Null,
            Environment = new Dictionary<string, string>(),
        };

    /// <summary>Parses a printed line up to a redirection or pipe, with a word for what a shell puts in.</summary>
    /// <param name="line">It begins with the program.</param>
    /// <returns>The command, and what is wrong with the line or null.</returns>
    public static (Command Command, string? Problem) Parse(string line)
    {
        var words = CommandLineParser
            .SplitCommandLine(Substitution().Replace(line, "OUTPUT").Replace('\'', '"'))
            .TakeWhile(word => word is not (">" or "|"))
            .ToList();
        var context = Nowhere();
        string[] args = [.. words.Skip(1)];
        var parsed = CliApp.Parse(Root(words[0], context), args, context);
        return (parsed.CommandResult.Command, CliUsage.ProblemOrNull(parsed, args));
    }

    [GeneratedRegex(@"\$\([^)]*\)")]
    private static partial Regex Substitution();
}
