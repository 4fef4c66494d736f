using System.Globalization;
using System.Text;
using System.Text.Json;
using HdrHistogram;

namespace Bench;

/// <summary>What is compared, against what, by answers or by bytes.</summary>
internal sealed record Ratio(string What, string Floor, bool Bytes = false);

/// <summary>Collects what was measured and tells it: as a table, as JSON, and as the section of a page.</summary>
/// <param name="name">Of the files it is written to.</param>
/// <param name="begin">A sentence on how it was measured.</param>
/// <param name="ratios">What is compared.</param>
internal sealed class Report(string name, string begin, IReadOnlyList<Ratio> ratios)
{
    private readonly Dictionary<string, List<(double PerSecond, double Bytes)>> _rates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HistogramBase> _latencies = new(StringComparer.Ordinal);
    private readonly List<(string What, double Value, string Unit)> _notes = [];

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
        text.Append("| measured | a second | MiB/s | p50 ms | p99 ms | p99.9 ms |\n| --- | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var (what, rates) in _rates)
            text.Append(CultureInfo.InvariantCulture,
                $"| {what} | {Spread(rates.Select(r => r.PerSecond))} | {(rates[0].Bytes > 1e7 ? Spread(rates.Select(r => r.Bytes / 1048576)) : "")} | {Latency(what, 50)} | {Latency(what, 99)} | {Latency(what, 99.9)} |\n");
        text.Append("\n| ratio | median of the rounds |\n| --- | ---: |\n");
        foreach (var (what, floor, bytes) in ratios)
            text.Append(CultureInfo.InvariantCulture, $"| {what} : {floor} | {Spread(RatiosOf(what, floor, bytes), "0.00")} |\n");
        foreach (var (what, value, unit) in _notes)
            text.Append(CultureInfo.InvariantCulture, $"\n{what}: {value:0.##} {unit}\n");
        return text.ToString();
    }

    private IEnumerable<double> RatiosOf(string what, string floor, bool bytes) => _rates[what].Zip(
        _rates[floor], (mine, its) => bytes ? mine.Bytes / its.Bytes : mine.PerSecond / its.PerSecond);

    private string Latency(string what, double percentile) => _latencies.TryGetValue(what, out var latency)
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

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
