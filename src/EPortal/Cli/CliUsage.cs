using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace EPortal.Cli;

/// <summary>Answers a command line that cannot be understood: the usage and one sentence, exit code 2.</summary>
internal static partial class CliUsage
{
    public static int Refuse(ParseResult parsed, string problem, CliContext context)
    {
        context.Error.WriteLine(CliHelp.Usage(parsed.CommandResult.Command, context.Width));
        context.Note($"error: {problem}");
        return CliExit.BadUsage;
    }

    /// <summary>What is wrong with a command line in one sentence; null when it can be run.</summary>
    public static string? ProblemOrNull(ParseResult parsed) =>
        UnknownOptionOrNull(parsed) is { } option ? $"'{option}' is not an option of {CliNames.Path(parsed.CommandResult.Command)}."
        : parsed.Errors.Count > 0 ? Sentence(parsed)
        : null;

    /// <summary>
    /// What looks like an option but is none. The parser would take it for a name where there is room for one; after
    /// <c>--</c>, and as the value of an option, it may begin with a hyphen.
    /// </summary>
    private static string? UnknownOptionOrNull(ParseResult parsed)
    {
        var named = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .ToHashSet<Token>(ReferenceEqualityComparer.Instance);
        return parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .Where(named.Contains)
            .Select(token => token.Value)
            .Concat(parsed.UnmatchedTokens)
            .FirstOrDefault(text => text is ['-', _, ..] && text != "--");
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
