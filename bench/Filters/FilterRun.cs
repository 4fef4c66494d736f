using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Bench.Supply;

namespace Bench.Filters;

/// <summary>How long the list of servers takes with each filter, over HTTP, as a page of 100 and as a count.</summary>
internal static class FilterRun
{
    public const string User = "bench";
    public const string Password = "bench password";

    /// <summary>
    /// Filters: name, and the parameters of the n-th run, no two alike where the filter has as many values.
    /// </summary>
    private static readonly (string Name, Func<int, string> Parameters)[] s_filters =
    [
        ("none", _ => ""),
        ("none, offset 900,000", n => $"&offset={900_000 + n}"),
        ("hostname, exact", n => $"&hostname={Fleet.Host(n * 997)}"),
        ("hostname `web-0001%`", n => $"&hostname={(n % 2 == 0 ? "web" : "db")}-{n:d4}%25"),
        ("hostname `web%`", n => $"&hostname={(n % 3 == 0 ? "web" : n % 3 == 1 ? "db" : "app")}%25"),
        ("hostname `%dc3%`", n => $"&hostname=%25dc{n % 7}%25"),
        ("hostname `%-000123.%`", n => $"&hostname=%25-{n * 1009 % 1_000_000:d6}.%25"),
        ("hostname `%.example.com`", _ => "&hostname=%25.example.com"),
        ("ip, exact", n => $"&ip={Fleet.Ip(n * 997)}"),
        ("ip `10.3.%`", n => $"&ip=10.{n % 15}.%25"),
        ("ip `%.17`", n => $"&ip=%25.{n % 256}"),
        ("service_id", n => $"&service_id=B{n * 997:d15}"),
        ("key, half of all", _ => "&key=key0"),
        ("key, a hundredth", n => $"&key=key{1 + n % 49}"),
        ("feed, main", _ => "&feed=main"),
        ("feed, a tenth", n => $"&feed=feed{1 + n % 9}"),
        ("registered_age=-3", n => $"&registered_age=-{1 + n}"),
        ("registered_age=200", n => $"&registered_age={100 + n}"),
        ("checkin_age=-1h", n => $"&checkin_age=-{1 + n % 4}h"),
        ("checkin_age=30 (100 servers)", n => $"&checkin_age={5 + n % 50}"),
        ("updated_age=-3", n => $"&updated_age=-{1 + n}"),
        ("updated_age=100", n => $"&updated_age={100 + n}"),
        ("is_updated=true", _ => "&is_updated=true"),
        ("is_updated=false (a hundredth)", _ => "&is_updated=false"),
        ("tag, a third of all", _ => "&tag=env:prod"),
        ("tag, rare", n => $"&tag=team:{1 + n % 199}"),
        ("key and is_updated=false", n => $"&key=key{n % 50}&is_updated=false"),
        ("feed and tag", n => $"&feed=feed{1 + n % 9}&tag=team:{1 + n}"),
        ("tag and checkin_age", n => $"&tag=env:prod&checkin_age=-{1 + n % 4}h"),
        ("hostname and is_updated=false", n => $"&hostname=web-0{n % 100:d2}%25&is_updated=false"),
    ];

    public static async Task<int> AllAsync(string outFolder, bool quick)
    {
        var (servers, runs) = quick ? (100_000, 20) : (1_000_000, 60);
        Directory.CreateDirectory(outFolder);
        var folder = Directory.CreateDirectory(Path.Combine(outFolder, $"filters-{Guid.NewGuid():N}")).FullName;
        try
        {
            var portal = new PortalUnderTest(
                folder,
                Environment.GetEnvironmentVariable("EPORTAL_OUT") ?? Path.GetFullPath("out")
            );
            await FurnishAsync(portal, folder);
            Console.Error.WriteLine($"writing {servers} servers");
            Fleet.Write(Path.Combine(folder, "data", "eportal.sqlite"), servers);
            using var server = await portal.ServeAsync();
            var text = await MeasureAsync(server, servers, runs);
            Console.WriteLine(text);
            await File.WriteAllTextAsync(Path.Combine(outFolder, "filters.md"), text);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    public static async Task FurnishAsync(PortalUnderTest portal, string folder)
    {
        await portal.CommandAsync("user", "-a", User, "-p", Password);
        for (var n = 1; n < Fleet.Feeds; n++)
            await portal.CommandAsync("feed", "-a", Fleet.Feed(n));
        for (var n = 0; n < Fleet.Keys; n++)
            await portal.CommandAsync("key", "-a", Fleet.Key(n), "--feed", Fleet.Feed(n % Fleet.Feeds));
        var repository = new Repository(Path.Combine(folder, "vendor"));
        await repository.AddAsync("F1", Enumerable.Range(0, Fleet.Kernels).Select(Fleet.Kernel), 1, 64);
        for (var n = 0; n < Fleet.Feeds; n++)
            await portal.CommandAsync(
                n == 0
                    ? ["kcare", "deploy", repository.Archives[0]]
                    : ["kcare", "enable", "F1", "--feed", Fleet.Feed(n)]
            );
    }

    private static async Task<string> MeasureAsync(Server server, int servers, int runs)
    {
        using var http = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{server.Port}"),
            Timeout = TimeSpan.FromMinutes(5),
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.ASCII.GetBytes($"{User}:{Password}"))
        );
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{servers:N0} servers, {Fleet.Keys} keys, {Fleet.Feeds} feeds, {Fleet.Kernels} kernels, {Fleet.Tags} tags; {runs} runs of each, milliseconds over HTTP.\n\n"
        );
        text.Append(
            "| filter | servers | page p50 | page p99 | count p50 | count p99 |\n| --- | ---: | ---: | ---: | ---: | ---: |\n"
        );
        foreach (var (name, parameters) in s_filters)
        {
            var pages = await TimesAsync(http, runs, n => $"limit=100{parameters(n)}");
            var counts = await TimesAsync(http, runs, n => $"only_count=true{parameters(n)}");
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {counts.Last:N0} | {pages.P50:0.0} | {pages.P99:0.0} | {counts.P50:0.0} | {counts.P99:0.0} |\n"
            );
            Console.Error.WriteLine(name);
        }

        text.Append(CultureInfo.InvariantCulture, $"\nmemory of the portal at the end: {server.MemoryMiB:0} MiB\n");
        return text.ToString();
    }

    private static async Task<(double P50, double P99, long Last)> TimesAsync(
        HttpClient http,
        int runs,
        Func<int, string> query
    )
    {
        var times = new List<double>(runs);
        long last = 0;
        for (var n = -2; n < runs; n++)
        {
            var clock = Stopwatch.StartNew();
            var text = await http.GetStringAsync($"/admin/api/servers?{query(Math.Max(n, 0))}");
            if (n >= 0)
                times.Add(clock.Elapsed.TotalMilliseconds);
            last = long.Parse(text.AsSpan(9, text.AsSpan(9).IndexOfAny(",}")), CultureInfo.InvariantCulture);
        }

        times.Sort();
        return (times[times.Count / 2], times[(int)Math.Ceiling(times.Count * 0.99) - 1], last);
    }
}
