using System.Globalization;
using System.Text.RegularExpressions;
using Shouldly;

namespace EPortal.Tests.Operations;

/// <summary>Prometheus' text format, version 0.0.4, read strictly: a line that is not of it fails the test.</summary>
internal sealed partial class Exposition
{
    private Exposition() { }

    /// <summary>Type of each metric by its name.</summary>
    public Dictionary<string, string> Types { get; } = [];

    /// <summary>Help of each metric by its name.</summary>
    public Dictionary<string, string> Help { get; } = [];

    /// <summary>Values by name and labels as written, such as <c>a_total{b="c"}</c>.</summary>
    public Dictionary<string, double> Series { get; } = [];

    /// <summary>Names that series have, those of histograms with their endings.</summary>
    public HashSet<string> Names { get; } = [];

    public double this[string series] =>
        Series.TryGetValue(series, out var value)
            ? value
            : throw new ShouldAssertException($"There is no series {series} in {string.Join('\n', Series.Keys)}");

    public static Exposition Parse(string text)
    {
        text.ShouldEndWith("\n");
        var parsed = new Exposition();
        foreach (var line in text.Split('\n')[..^1])
        {
            if (line.Length > 0)
                parsed.Take(line);
        }

        foreach (var name in parsed.Names)
            parsed.Types.Keys.ShouldContain(type => type == name || Ending().Replace(name, "") == type, name);
        return parsed;
    }

    private void Take(string line)
    {
        if (line.Split(' ', 4) is ["#", "HELP", var about, var help])
        {
            Help.TryAdd(about, help).ShouldBeTrue(line);
            return;
        }

        if (line.Split(' ') is ["#", "TYPE", var name, "counter" or "gauge" or "histogram" or "summary"])
        {
            Types.TryAdd(name, line.Split(' ')[3]).ShouldBeTrue(line);
            return;
        }

        var match = Sample().Match(line);
        match.Success.ShouldBeTrue(line);
        var text = match.Groups["value"].Value;
        var value = text switch
        {
            "+Inf" => double.PositiveInfinity,
            "NaN" => double.NaN,
            _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        Series.TryAdd(match.Groups["series"].Value, value).ShouldBeTrue(line);
        Names.Add(match.Groups["name"].Value);
    }

    [GeneratedRegex(
        """\A(?<series>(?<name>[a-z_][a-z0-9_]*)(\{[a-z_]+="([^"\\\n]|\\.)*"(,[a-z_]+="([^"\\\n]|\\.)*")*\})?) (?<value>\S+)\z"""
    )]
    private static partial Regex Sample();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Ending();
}
