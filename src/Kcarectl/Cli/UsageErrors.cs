using System.CommandLine;
using System.CommandLine.Parsing;

namespace Kcarectl.Cli;

/// <summary>What is wrong with a command line. The library's own texts are for programmers.</summary>
internal static class UsageErrors
{
    /// <summary>
    /// The problem; null when the command line can be run. Own checks add their errors to <paramref name="command"/>
    /// alone.
    /// </summary>
    public static string? SentenceOrNull(ParseResult line, Command command)
    {
        if (line.UnmatchedTokens is [var stranger, ..])
            return Unknown(stranger, command);
        foreach (var option in line.RootCommandResult.Children.OfType<OptionResult>().Where(option => !option.Implicit))
        {
            if (option.Tokens.Count < option.Option.Arity.MinimumNumberOfValues)
                return $"{option.IdentifierToken} requires a value";
            if (option.Tokens.Count > option.Option.Arity.MaximumNumberOfValues)
                return $"{option.IdentifierToken} can be given only once";
            if (option.Option is VersionOption && line.Errors.Count > 0)
                return $"use {option.IdentifierToken} without other options";
        }

        return line.Errors is [var first, ..] ? first.Message : null;
    }

    private static string Unknown(string word, Command command)
    {
        var meant = command
            .Options.Select(option => option.Name)
            .FirstOrDefault(name =>
                name == $"--{word.TrimStart('-')}"
                || (
                    word.TrimStart('-').Length > 2
                    && name.StartsWith($"--{word.TrimStart('-')}", StringComparison.Ordinal)
                )
            );
        var problem = word.StartsWith('-') ? $"unknown option '{word}'" : $"unexpected argument '{word}'";
        return meant is null ? problem : $"{problem}; did you mean {meant}?";
    }
}
