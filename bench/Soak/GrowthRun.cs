using System.Diagnostics;
using System.Globalization;
using System.Text;
using Bench.Million;
using Microsoft.Data.Sqlite;

namespace Bench.Soak;

/// <summary>
/// A thousand changes a second for an hour, with <c>REPLICATION_CLEAN_AGE = 60</c> and bounds that are reached early;
/// once in the middle the server is killed. In the last quarter the store must not be larger than in the one before.
/// </summary>
internal static class GrowthRun
{
    private const int Hosts = 100_000;
    private const int Samples = 60;

    /// <summary>Rows of the table that is printed.</summary>
    private const int Printed = 12;

    public static async Task<int> AllAsync(string outFolder, double minutes)
    {
        Directory.CreateDirectory(outFolder);
        var folder = Directory.CreateDirectory(Path.Combine(outFolder, $"growth-{Guid.NewGuid():N}")).FullName;
        using var site = new Site(
            Path.Combine(folder, "site"),
            Environment.GetEnvironmentVariable("EPORTAL_OUT") ?? Path.GetFullPath("out"),
            Hosts
        );
        try
        {
            var (report, grows) = await RunAsync(site, TimeSpan.FromMinutes(minutes));
            Console.WriteLine(report);
            await File.WriteAllTextAsync(Path.Combine(outFolder, "growth.md"), report);
            return grows ? 1 : 0;
        }
        finally
        {
            site.Dispose(); // Before its folder goes.
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(string Report, bool Grows)> RunAsync(Site site, TimeSpan time)
    {
        var machine = Machine.Describe();
        await site.FurnishAsync(null);
        var (history, userLog) = (
            (long)(GrowthLoad.HistoryRate * time.TotalSeconds / 6),
            (long)(GrowthLoad.UserLogRate * time.TotalSeconds / 6)
        );
        site.Portal.Set("REPLICATION_CLEAN_AGE", "60");
        site.Portal.Set("SERVER_CHANGES_PER_HOUR", "60");
        site.Portal.Set("SERVER_HISTORY_MAX_ROWS", $"{history}");
        site.Portal.Set("USER_LOG_MAX_ROWS", $"{userLog}");
        site.Fill();
        await site.StartAsync();
        var load = new GrowthLoad(site.Server.Port, site.Servers);
        var samples = new List<Sample>();
        using var stop = new CancellationTokenSource();
        var sampling = SampleAsync(site, samples, time / Samples, stop.Token);
        var first = await load.RunAsync(time / 2);
        site.Server.Kill();
        await site.StartAsync();
        var second = await load.RunAsync(time / 2);
        await stop.CancelAsync();
        await sampling;
        var grows = Grows(samples);
        var rate = ((first.Taken + second.Taken) / 2) + (load.Others / time.TotalSeconds);
        return (Tell(machine, time, rate, first.Shed + second.Shed, second, history, userLog, samples, grows), grows);
    }

    private static async Task SampleAsync(Site site, List<Sample> samples, TimeSpan every, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(every);
        var clock = Stopwatch.StartNew();
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                samples.Add(Take(site, clock.Elapsed));
                Console.Error.WriteLine(samples[^1]);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Wanted.
        }
    }

    private static Sample Take(Site site, TimeSpan at)
    {
        using var connection = new SqliteConnection($"Data Source={site.Database};Pooling=False;Mode=ReadOnly");
        connection.Open();
        long Ask(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            return (long)command.ExecuteScalar()!;
        }

        return new Sample(
            at,
            MiB(site.Database),
            MiB(site.Database + "-wal"),
            Ask("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size") / 1048576.0,
            Ask("SELECT count(*) FROM operation"),
            Ask("SELECT count(*) FROM server_history"),
            Ask("SELECT count(*) FROM user_log"),
            site.Server.MemoryMiB
        );
    }

    private static double MiB(string path) => new FileInfo(path) is { Exists: true } file ? file.Length / 1048576.0 : 0;

    /// <summary>Compares the last two quarters by their largest.</summary>
    private static bool Grows(List<Sample> samples)
    {
        if (samples.Count < 8)
            throw new InvalidOperationException("Too few samples to judge.");
        var quarter = samples.Count / 4;
        var (earlier, last) = (samples[^(2 * quarter)..^quarter], samples[^quarter..]);
        return last.Max(sample => sample.Database) > (earlier.Max(sample => sample.Database) * 1.01) + 1
            || last.Max(sample => sample.Log) > (earlier.Max(sample => sample.Log) * 1.5) + 64
            || last.Max(sample => sample.Operations) > earlier.Max(sample => sample.Operations) * 1.25;
    }

    private static string Tell(
        string machine,
        TimeSpan time,
        double rate,
        double shed,
        PacedResult second,
        long history,
        long userLog,
        List<Sample> samples,
        bool grows
    )
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{time.TotalMinutes:0.#} minutes, {rate:0} changes a second of {Hosts:N0} hosts, `kill -9` in the middle. {machine}\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"`REPLICATION_CLEAN_AGE = 60`, `SERVER_HISTORY_MAX_ROWS = {history}`, `USER_LOG_MAX_ROWS = {userLog}`.\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"Answers in the second half: median {second.Service.GetValueAtPercentile(50) / 1000.0:0.0} ms, 99th percentile {second.Service.GetValueAtPercentile(99) / 1000.0:0.0} ms; {shed:0} a second turned away.\n\n"
        );
        text.Append(
            "| minute | database MiB | its log MiB | unused MiB | operations | lines of histories | lines of the user log | memory MiB |\n"
        );
        text.Append("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var sample in samples.Where((_, n) => (n + 1) % Math.Max(1, samples.Count / Printed) == 0))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {sample.At.TotalMinutes:0.0} | {sample.Database:0.0} | {sample.Log:0.0} | {sample.Unused:0.0} | {sample.Operations:N0} | {sample.Histories:N0} | {sample.UserLog:N0} | {sample.Memory:0} |\n"
            );
        }

        text.Append(
            grows
                ? "\nThe store still grew in the last quarter.\n"
                : "\nIn the last quarter the store was no larger than in the one before.\n"
        );
        return text.ToString();
    }

    /// <summary>Sizes at a time; in MiB, and rows.</summary>
    private sealed record Sample(
        TimeSpan At,
        double Database,
        double Log,
        double Unused,
        long Operations,
        long Histories,
        long UserLog,
        double Memory
    );
}
