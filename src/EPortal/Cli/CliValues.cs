using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace EPortal.Cli;

/// <summary>Values of a command line that are missing, too many or of the wrong form.</summary>
internal static class CliValues
{
    /// <summary>What is wrong, as a sentence; null when nothing is.</summary>
    public static string? ProblemOrNull(ParseResult parsed)
    {
        var result = parsed.CommandResult;
        if (result.Command is { Action: null, Subcommands.Count: > 0 })
            return $"specify a command: {string.Join(", ", result.Command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name))}";
        return result
            .Children.OfType<OptionResult>()
            .Where(option => !option.Implicit)
            .Select(OfOption)
            .Concat(
                result
                    .Command.Options.Where(option =>
                        option.Required && result.GetResult(option) is not { Implicit: false }
                    )
                    .Select(option => $"{option.Name} is required")
            )
            .Concat(result.Command.Arguments.Select(argument => OfArgument(argument, result.GetResult(argument))))
            .FirstOrDefault(problem => problem is not null);
    }

    private static string? OfOption(OptionResult result)
    {
        var (name, arity) = (result.IdentifierToken?.Value ?? result.Option.Name, result.Option.Arity);
        return result.Tokens.Count < arity.MinimumNumberOfValues ? $"{name} requires a value"
            : result.Tokens.Count > arity.MaximumNumberOfValues ? $"{name} can be given only once"
            : WrongOrNull(result.Option.ValueType, name, result.Tokens);
    }

    private static string? OfArgument(Argument argument, ArgumentResult? result)
    {
        var name = CliNames.Name(argument);
        return (result?.Tokens.Count ?? 0) < argument.Arity.MinimumNumberOfValues
            ? $"{name} is required"
            : WrongOrNull(argument.ValueType, name, result?.Tokens ?? []);
    }

    private static string? WrongOrNull(Type type, string name, IEnumerable<Token> tokens)
    {
        var number = Nullable.GetUnderlyingType(type) ?? type;
        if (number != typeof(int) && number != typeof(long))
            return null;
        foreach (var text in tokens.Select(token => token.Value))
        {
            var isWhole = Int128.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value);
            if (!isWhole)
                return text.Length > 0 && text.All(char.IsAsciiDigit)
                    ? $"'{text}' is too large for {name}"
                    : $"invalid value '{text}' for {name}: use a whole number";
            if (value > (number == typeof(int) ? int.MaxValue : long.MaxValue))
                return $"'{text}' is too large for {name}";
            if (value < (number == typeof(int) ? int.MinValue : long.MinValue))
                return $"'{text}' is too small for {name}";
        }

        return null;
    }
}
