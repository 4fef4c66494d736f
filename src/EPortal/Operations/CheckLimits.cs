using System.CommandLine;
using System.Globalization;
using EPortal.Cli;

namespace EPortal.Operations;

/// <summary>The thresholds of a check; a value above one is reported.</summary>
internal sealed class CheckLimits
{
    private readonly Option<string?> _warningSourceAge = Age("--source-age-warning");
    private readonly Option<string?> _criticalSourceAge = Age("--source-age-critical");
    private readonly Option<long?> _warningOutdated = Servers("outdated", "--warning-outdated");
    private readonly Option<long?> _criticalOutdated = Servers("outdated", "--critical-outdated");
    private readonly Option<long?> _warningInactive = Servers("inactive", "--warning-inactive");
    private readonly Option<long?> _criticalInactive = Servers("inactive", "--critical-inactive");

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> Options =>
        [
            _warningOutdated,
            _criticalOutdated,
            _warningInactive,
            _criticalInactive,
            _warningSourceAge,
            _criticalSourceAge,
        ];

    /// <summary>Whether any is given.</summary>
    public bool Given(ParseResult parsed) => Options.Any(option => parsed.GetResult(option) is { Implicit: false });

    /// <summary>Servers that are out of date.</summary>
    public CheckLimit Outdated(ParseResult parsed) =>
        new(parsed.GetValue(_warningOutdated), parsed.GetValue(_criticalOutdated));

    /// <summary>Servers that do not check in.</summary>
    public CheckLimit Inactive(ParseResult parsed) =>
        new(parsed.GetValue(_warningInactive), parsed.GetValue(_criticalInactive));

    /// <summary>Seconds since a sync worked last.</summary>
    /// <exception cref="CliException">A time is not of its form.</exception>
    public CheckLimit SourceAge(ParseResult parsed) =>
        new(SecondsOrNull(parsed.GetValue(_warningSourceAge)), SecondsOrNull(parsed.GetValue(_criticalSourceAge)));

    private static Option<long?> Servers(string what, string name)
    {
        var option = CliOptions.Value<long?>($"{name[2..].Split('-')[0]} if more servers than this are {what}", name);
        option.HelpName = "N";
        return option;
    }

    private static Option<string?> Age(string name)
    {
        var option = CliOptions.Value<string>(
            $"{name.Split('-')[^1]} if the last successful sync is older than this, such as 2d, 12h or 30m",
            name
        );
        option.HelpName = "TIME";
        return option;
    }

    private static long? SecondsOrNull(string? text)
    {
        if (text is null)
            return null;
        var unit =
            text.Length == 0
                ? 0
                : text[^1] switch
                {
                    's' => 1,
                    'm' => 60,
                    'h' => 3600,
                    'd' => 86400,
                    _ => 0,
                };
        return unit > 0 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (long)number * unit
            : throw new CliException(
                $"invalid time '{text}': use days (2d), hours (12h), minutes (30m) or seconds (90s)"
            );
    }
}

/// <summary>Two thresholds, each of which may be missing.</summary>
internal sealed record CheckLimit(long? Warning, long? Critical)
{
    /// <summary>No thresholds.</summary>
    public static readonly CheckLimit None = new(null, null);

    /// <summary>Which of them a value exceeds.</summary>
    public CheckState Of(double value) =>
        value > Critical ? CheckState.Critical
        : value > Warning ? CheckState.Warning
        : CheckState.Ok;
}
