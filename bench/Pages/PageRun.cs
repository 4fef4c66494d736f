using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Bench.Filters;
using Bench.Supply;

namespace Bench.Pages;

/// <summary>
/// How long each page of the console takes with very many servers, 300 patchsets and 10 feeds, over HTTP.
/// </summary>
internal static class PageRun
{
    private const string User = "bench";
    private const string Password = "bench password";
    private const int Patchsets = 300;
    private const int Rotation = 30;

    /// <summary>Pages: name, and the address of the n-th run.</summary>
    private static readonly (string Name, Func<int, string> Address)[] s_pages =
    [
        ("start", _ => ""),
        ("patchsets", n => $"/patchsets/kernel?offset={50 * (n % 6)}"),
        ("patchsets in use", _ => "/patchsets/kernel?used=true"),
        ("a patchset", n => $"/patchsets/kernel/{Patchset(1 + n)}"),
        ("manage a patchset", n => $"/patchsets/kernel/{Patchset(1 + n)}/manage"),
        ("preview: enable", n => $"/patchsets/kernel/{Patchset(Patchsets - n)}/manage?do.main=enable"),
        (
            "preview: undeploy down to",
            n => $"/patchsets/kernel/{Patchset(1 + n)}/manage?do.main=undeploy-downto&do.feed1=undeploy-downto"
        ),
        ("upload", _ => "/upload-patchset"),
        ("servers", n => $"/servers?offset={50 * n}"),
        ("servers, far behind", n => $"/servers?offset={900_000 + n}"),
        ("servers by name", n => $"/servers?hostname=%25{n:d4}%25"),
        ("servers, outdated", _ => "/servers?status=outdated"),
        ("servers, inactive", _ => "/servers?status=inactive"),
        ("servers of a key", n => $"/servers?key={Fleet.Key(n % Fleet.Keys)}"),
        ("servers of a tag", n => $"/servers?tag={Fleet.Tag(n % Fleet.Tags)}"),
        ("servers of a patchset", n => $"/servers?patchset={Patchset(1 + n)}"),
        ("servers by last check-in", _ => "/servers?sort=checkin"),
        ("servers by address", _ => "/servers?sort=-ip"),
        ("a server", n => $"/servers/bench.{1 + n * 997}"),
        ("tags", _ => "/tags"),
        ("overview", _ => "/overview"),
        ("overview of a key", n => $"/overview?key={Fleet.Key(n % Fleet.Keys)}"),
        ("overview of a tag", n => $"/overview?tag={Fleet.Tag(n % Fleet.Tags)}"),
        ("keys", _ => "/keys"),
        ("a key", n => $"/keys/{Fleet.Key(n % Fleet.Keys)}"),
        ("feeds", _ => "/feeds"),
        ("a feed", n => $"/feeds/{Fleet.Feed(1 + n % (Fleet.Feeds - 1))}"),
        ("patch source", _ => "/source"),
        ("users", _ => "/users"),
        ("LDAP", _ => "/ldap"),
        ("API keys", _ => "/api-keys"),
        ("sessions", _ => "/sessions"),
        ("user log", _ => "/log"),
        ("install the agent", _ => "/docs"),
    ];

    public static async Task<int> AllAsync(string outFolder, bool quick)
    {
        var (servers, runs) = quick ? (100_000, 20) : (1_000_000, 100);
        Directory.CreateDirectory(outFolder);
        var folder = Directory.CreateDirectory(Path.Combine(outFolder, $"pages-{Guid.NewGuid():N}")).FullName;
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
            await File.WriteAllTextAsync(Path.Combine(outFolder, "pages.md"), text);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static string Patchset(int n) => string.Create(CultureInfo.InvariantCulture, $"P{n:000}");

    /// <summary>
    /// Each patchset holds a thirtieth of the kernels, at the next level; all feeds have all of them but the last few.
    /// </summary>
    private static async Task FurnishAsync(PortalUnderTest portal, string folder)
    {
        await portal.CommandAsync("user", "-a", User, "-p", Password);
        for (var n = 1; n < Fleet.Feeds; n++)
            await portal.CommandAsync("feed", "-a", Fleet.Feed(n));
        for (var n = 0; n < Fleet.Keys; n++)
            await portal.CommandAsync("key", "-a", Fleet.Key(n), "--feed", Fleet.Feed(n % Fleet.Feeds));
        var vendor = new PortalUnderTest(Path.Combine(folder, "vendor-portal"), portal.Programs);
        var repository = new Repository(Path.Combine(folder, "vendor"));
        for (var n = 0; n < Patchsets; n++)
            await repository.AddAsync(
                Patchset(1 + n),
                Enumerable
                    .Range(0, Fleet.Kernels)
                    .Where(kernel => kernel % Rotation == n % Rotation)
                    .Select(Fleet.Kernel),
                1,
                64,
                1 + n / Rotation
            );
        await repository.PublishAsync(vendor);
        using var nginx = await Server.NginxAsync(folder, repository.Root);
        portal.Set("PATCH_SOURCE_URL", $"http://127.0.0.1:{nginx.Port}/");
        portal.Set("TRUSTED_KEYS", $"['{repository.PublicKey}']");
        portal.Set("AUTO_UPDATE_PERIOD", "None");
        await portal.CommandAsync("kcare", "auto-update");
        for (var n = 0; n < Fleet.Feeds; n++)
            await portal.CommandAsync(
                "kcare",
                "enable",
                "--upto",
                Patchset(Patchsets - 2 * n),
                "--feed",
                Fleet.Feed(n)
            );
    }

    private static async Task<string> MeasureAsync(Server server, int servers, int runs)
    {
        using var http = await LogInAsync(server);
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{servers:N0} servers, {Patchsets} patchsets, {Fleet.Keys} keys, {Fleet.Feeds} feeds, {Fleet.Kernels} kernels, {Fleet.Tags} tags; {runs} runs of each, milliseconds over HTTP.\n\n"
        );
        text.Append("| page | p50 | p95 | kB |\n| --- | ---: | ---: | ---: |\n");
        foreach (var (name, address) in s_pages)
        {
            var times = new List<double>(runs);
            long bytes = 0;
            for (var n = -2; n < runs; n++)
            {
                var clock = Stopwatch.StartNew();
                using var answer = await http.GetAsync($"/admin{address(Math.Max(n, 0))}");
                if (answer.StatusCode != HttpStatusCode.OK)
                    throw new InvalidOperationException($"{name}: {answer.StatusCode} at {address(Math.Max(n, 0))}");
                bytes = (await answer.Content.ReadAsByteArrayAsync()).Length;
                if (n >= 0)
                    times.Add(clock.Elapsed.TotalMilliseconds);
            }

            times.Sort();
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {times[times.Count / 2]:0.0} | {times[(int)Math.Ceiling(times.Count * 0.95) - 1]:0.0} | {bytes / 1000.0:0.0} |\n"
            );
            Console.Error.WriteLine(name);
        }

        text.Append(CultureInfo.InvariantCulture, $"\nmemory of the portal at the end: {server.MemoryMiB:0} MiB\n");
        return text.ToString();
    }

    /// <summary>As a browser does: by the login's form, and with its cookie from then on.</summary>
    private static async Task<HttpClient> LogInAsync(Server server)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{server.Port}"),
            Timeout = TimeSpan.FromMinutes(5),
        };
        http.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string> { ["username"] = User, ["password"] = Password }
        );
        using var answer = await http.PostAsync("/admin/login", form);
        if (answer.StatusCode != HttpStatusCode.Found)
            throw new InvalidOperationException($"The login was answered with {answer.StatusCode}.");
        return http;
    }
}
