using System.Globalization;
using EPortal.Fuzz;

const long MostMemory = 256L << 20;
var (seed, count) = (1UL, 20_000);
for (var i = 0; i < args.Length; i += 2)
{
    var value = i + 1 < args.Length ? args[i + 1] : "";
    var read = args[i] switch
    {
        "--seed" => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out seed),
        "--count" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out count),
        _ => false,
    };
    if (!read)
    {
        Console.Error.WriteLine("usage: fuzz [--count N] [--seed S]");
        return 2;
    }
}

var started = DateTime.UtcNow;
var report = await Fuzzing.RunAsync(seed, count, MostMemory, CancellationToken.None);
Console.WriteLine(report);
Console.WriteLine(
    string.Create(CultureInfo.InvariantCulture, $"seed {seed}, {(DateTime.UtcNow - started).TotalSeconds:F0} s")
);
return report.Findings.Count == 0 ? 0 : 1;
