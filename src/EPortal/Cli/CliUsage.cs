using System.CommandLine;
using System.Text.RegularExpressions;

namespace EPortal.Cli;

/// <summary>Answers a command line that cannot be understood: the usage and one sentence, exit code 2.</summary>
internal static partial class CliUsage
{
    public static int Refuse(ParseResult parsed, CliContext context)
    {
        context.Error.WriteLine(CliHelp.Usage(parsed.CommandResult.Command, context.Width));
        context.Note($"error: {Sentence(parsed)}");
        return CliExit.BadUsage;
    }

    private static string Sentence(ParseResult parsed)
    {
        // An unknown command is told twice, as missing and as unrecognized: the second says more.
        var messages = parsed.Errors.Select(error => Spaces().Replace(error.Message, " ").Trim()).ToArray();
        var message = messages.FirstOrDefault(text => parsed.UnmatchedTokens.Any(text.Contains)) ?? messages[0];
        return TypeName().Replace(message, match => match.Groups[1].Value switch
        {
            "Int32" or "Int64" => "as a whole number",
            "Double" or "Decimal" => "as a number",
            _ => "as what belongs there",
        });
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"as expected type 'System\.(?:Nullable`1\[System\.)?(\w+)\]?'")]
    private static partial Regex TypeName();
}
