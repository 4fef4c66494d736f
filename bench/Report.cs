using System.Globalization;
using System.Text;
using System.Text.Json;
using HdrHistogram;

namespace Bench;

/// <summary>What is compared, against what, by answers or by bytes.</summary>
internal sealed record Ratio(string What, string Floor, bool Bytes = false)
{
    /// <summary>What it is to be; 0 where nothing was set.</summary>
    public double AtLeast { get; init; }
}

/// <summary>Collects what was measured and tells it: as a table, as JSON, and as the section of a page.</summary>
/// <param name="name">Of the files it is written to.</param>
/// <param name="begin">A sentence on how it was measured.</param>
/// <param name="ratios">What is compared.</param>
internal sealed class Report(string name, string begin, IReadOnlyList<Ratio> ratios)
{
    private readonly Dictionary<string, List<(double PerSecond, double Bytes)>> _rates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HistogramBase> _latencies = new(StringComparer.Ordinal);
    private readonly List<(string What, double Value, string Unit)> _notes = [];
    private readonly List<(string What, string Limit, string Measured, bool Reached)> _targets = [];
    private readonly List<double> _growth = [];

    public void Add(string what, Result result)
    {
        Add(what, result.PerSecond, result.BytesPerSecond);
        if (_latencies.TryGetValue(what, out var all))
            all.Add(result.Latency);
        else
            _latencies.Add(what, result.Latency);
    }

    public void Add(string what, double perSecond, double bytes = 0)
    {
        if (!_rates.TryGetValue(what, out var rates))
            _rates.Add(what, rates = []);
        rates.Add((perSecond, bytes));
    }

    public void Note(string what, double value, string unit) => _notes.Add((what, value, unit));

    /// <summary>Notes something that is to be at most so much.</summary>
    public void Target(string what, double value, string unit, double atMost) =>
        _targets.Add(
            (
                what,
                string.Create(CultureInfo.InvariantCulture, $"at most {atMost:0.##} {unit}"),
                string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {unit}"),
                value <= atMost
            )
        );

    /// <summary>Compares the cost of a call in the last round with that of the same with fewer hosts.</summary>
    public void Growth(string what, string fewer) =>
        _growth.Add(_rates[fewer][^1].PerSecond / _rates[what][^1].PerSecond);

    /// <summary>The median rate so far.</summary>
    public double Median(string what) =>
        _rates[what].Select(rate => rate.PerSecond).Order().ElementAt(_rates[what].Count / 2);

    /// <summary>Prints the tables and writes NAME.md and NAME.json into the folder.</summary>
    public void Write(string folder)
    {
        var text = Text();
        Console.WriteLine(text);
        File.WriteAllText(Path.Combine(folder, $"{name}.md"), text);
        File.WriteAllText(Path.Combine(folder, $"{name}.json"), Json());
    }

    private string Text()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{begin}\n\n");
        text.Append(
            "| measured | a second | MiB/s | p50 ms | p99 ms | p99.9 ms |\n| --- | ---: | ---: | ---: | ---: | ---: |\n"
        );
        foreach (var (what, rates) in _rates)
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {what} | {Spread(rates.Select(r => r.PerSecond))} | {(rates[0].Bytes > 1e7 ? Spread(rates.Select(r => r.Bytes / 1048576)) : "")} | {Latency(what, 50)} | {Latency(what, 99)} | {Latency(what, 99.9)} |\n"
            );
        if (ratios.Any(ratio => ratio.AtLeast == 0))
            text.Append("\n| ratio | median of the rounds |\n| --- | ---: |\n");
        foreach (var (what, floor, bytes) in ratios.Where(ratio => ratio.AtLeast == 0))
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {what} : {floor} | {Spread(RatiosOf(what, floor, bytes), "0.00")} |\n"
            );
        AppendTargets(text);
        foreach (var (what, value, unit) in _notes)
            text.Append(CultureInfo.InvariantCulture, $"\n{what}: {value:0.##} {unit}\n");
        return text.ToString();
    }

    private void AppendTargets(StringBuilder text)
    {
        if (_growth.Count > 0)
            Target(
                "growth of the cost of a check-in",
                _growth.Order().ElementAt(_growth.Count / 2),
                "times",
                atMost: 1.3
            );
        var ratioTargets = ratios
            .Where(ratio => ratio.AtLeast > 0)
            .Select(ratio =>
                (
                    What: $"{ratio.What} : {ratio.Floor}",
                    Limit: string.Create(CultureInfo.InvariantCulture, $"at least {ratio.AtLeast:0.##}"),
                    Measured: Spread(RatiosOf(ratio.What, ratio.Floor, ratio.Bytes), "0.00"),
                    Reached: RatiosOf(ratio.What, ratio.Floor, ratio.Bytes)
                        .Order()
                        .ElementAt(_rates[ratio.What].Count / 2) >= ratio.AtLeast
                )
            );
        var targets = ratioTargets.Concat(_targets).ToList();
        if (targets.Count == 0)
            return;
        text.Append("\n| target | wanted | measured | |\n| --- | ---: | ---: | --- |\n");
        foreach (var (what, limit, measured, reached) in targets)
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {what} | {limit} | {measured} | {(reached ? "reached" : "**missed**")} |\n"
            );
    }

    private IEnumerable<double> RatiosOf(string what, string floor, bool bytes) =>
        _rates[what].Zip(_rates[floor], (mine, its) => bytes ? mine.Bytes / its.Bytes : mine.PerSecond / its.PerSecond);

    private string Latency(string what, double percentile) =>
        _latencies.TryGetValue(what, out var latency)
            ? (latency.GetValueAtPercentile(percentile) / 1000.0).ToString("0.0", CultureInfo.InvariantCulture)
            : "";

    private static string Spread(IEnumerable<double> values, string? format = null)
    {
        var sorted = values.Order().ToList();
        format ??= sorted[^1] < 100 ? "0.00" : "0";
        string Show(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        return $"{Show(sorted[sorted.Count / 2])} ({Show(sorted[0])} to {Show(sorted[^1])})";
    }

    private string Json()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("how", begin);
            foreach (var (what, rates) in _rates)
            {
                json.WriteStartArray(what);
                rates.ForEach(rate => json.WriteNumberValue(rate.Bytes > 1e7 ? rate.Bytes : rate.PerSecond));
                json.WriteEndArray();
            }

            json.WriteStartObject("targets");
            foreach (var (what, _, measured, reached) in _targets)
                json.WriteString(what, $"{measured.Trim()}{(reached ? "" : ", missed")}");
            json.WriteEndObject();
            json.WriteStartObject("notes");
            foreach (var (what, value, unit) in _notes)
                json.WriteString(what, string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {unit}"));
            json.WriteEndObject();
            json.WriteStartObject("ratios");
            foreach (var ratio in ratios)
                json.WriteString(
                    $"{ratio.What} : {ratio.Floor}",
                    Spread(RatiosOf(ratio.What, ratio.Floor, ratio.Bytes), "0.00")
                );
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
