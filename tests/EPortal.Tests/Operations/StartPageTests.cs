using System.Net;
using System.Text.RegularExpressions;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Operations;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Tests.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

/// <summary>The console's first page: whether the fleet is safe, and what is not.</summary>
public sealed partial class StartPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Counters_tell_the_fleet_and_lead_to_the_servers_behind_them()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        await CheckIn(api.Portal, "inactive", 1);
        api.Portal.Time.Advance(TimeSpan.FromHours(49));
        foreach (var (host, level) in new[] { ("a", 1), ("b", 1), ("c", 0) })
            await CheckIn(api.Portal, host, level);
        await CheckIn(api.Portal, "other", 0, new string('b', 40));
        await api.Portal.RegisterAsync("waits");

        var page = await Page(api);

        Counters(page)
            .ShouldBe(
                new Dictionary<string, long>
                {
                    ["/admin/servers"] = 6,
                    ["/admin/servers?checkin_age=-48h"] = 4,
                    ["/admin/servers?status=uptodate"] = 2,
                    ["/admin/servers?status=outdated"] = 1,
                    ["/admin/servers?status=unsupported"] = 2,
                    ["/admin/servers?status=inactive"] = 1,
                }
            );
        page.ShouldContain("1 server is outdated, 1 server is inactive");
        page.ShouldContain("33 % of 6 servers run the newest patch of their feed.");
        page.ShouldContain(
            """<a href="/admin/servers?feed=main&amp;status=outdated" id="feed-main-outdated">1 <span class="visually-hidden">outdated on main</span></a>"""
        );
    }

    [Fact]
    public async Task A_portal_without_servers_shows_the_first_steps_and_which_are_done()
    {
        await using var api = await ApiCaller.StartAsync();

        var page = await Page(api);
        Steps(page).ShouldBe(["/admin/source", "/admin/upload-patchset", "/admin/docs"], "a key is there");
        page.ShouldContain("No servers yet");
        Steps(await Page(api, user: ApiCaller.Reader)).ShouldBeEmpty("a reader cannot take them");

        await api.Portal.DeployAsync("K1", 1);
        Steps(await Page(api)).ShouldBe(["/admin/docs"]);
        await api.Portal.RegisterAsync();
        (await Page(api)).ShouldNotContain("First steps");
    }

    [Fact]
    public async Task What_needs_attention_is_named_with_the_page_where_it_is_solved()
    {
        await using var api = await ApiCaller.StartAsync(settings =>
            settings with
            {
                PatchSourceUrl = new Uri("http://127.0.0.1:1/"),
                AutoUpdatePeriod = null,
                ReadyMinFreeBytes = 1L << 60,
            }
        );
        await api.Portal.DeployAsync("K1", 1);
        await api.Portal.DeployAsync("K2", 2);
        await List(api.Portal, ("K1", RepositoryState.Withdrawn), ("K2", RepositoryState.Blocked));
        await api.Portal.Portal.Feeds.Add(TestPortal.Admin, "late", new FeedSettings());
        await api.Portal.Portal.Keys.Add(TestPortal.Admin, "late", new KeySettings(Feed: "late"));
        await api.Portal.RegisterAsync(key: "late");
        await api.Portal.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                SourceStore.Note(change, nameof(SourceError.Failing), "It answers <script>alert(1)</script>.");
                return true;
            }
        );

        var page = await Page(api);

        Notices(page)
            .ShouldBe([
                "Problem: Patchset &#x27;K2&#x27; is enabled on feed &#x27;main&#x27;, but blocked by the patch source /admin/patchsets",
                "Problem: Last sync failed: It answers &lt;script&gt;alert(1)&lt;/script&gt;. /admin/source",
                $"Problem: {api.Portal.DataFolder} has only N MiB free; 1099511627776 MiB required /admin/patchsets",
                "Warning: Patchset &#x27;K1&#x27; is enabled on feed &#x27;main&#x27;, but withdrawn from the patch source /admin/patchsets",
                "Warning: TRUSTED_KEYS is empty, unsigned patchsets are accepted /admin/source",
                "Warning: Feed &#x27;late&#x27; is behind: enable or disable the newer patchset of its channel /admin/patchsets",
            ]);
        page.ShouldNotContain("<script>alert");
    }

    [Theory]
    [InlineData(true, 12, 12, false)]
    [InlineData(true, 12, 14, true)]
    [InlineData(true, 0, 0, false)]
    [InlineData(true, 0, 2, true)]
    [InlineData(false, 12, 0, true)]
    public async Task A_feed_that_waits_its_own_hours_is_not_behind(bool auto, int waits, int hours, bool behind)
    {
        await using var api = await ApiCaller.StartAsync(settings => settings with { AutoUpdatePeriod = null });
        await api.Portal.Portal.Feeds.Add(TestPortal.Admin, "late", new FeedSettings(Auto: auto, DeployAfter: waits));
        await api.Portal.Portal.Keys.Add(TestPortal.Admin, "late", new KeySettings(Feed: "late"));
        await api.Portal.RegisterAsync(key: "late");
        await api.Portal.DeployAsync("K1", 1);

        api.Portal.Time.Advance(TimeSpan.FromHours(hours));

        Notices(await Page(api))
            .Any(notice => notice.Contains("Feed &#x27;late&#x27; is behind", StringComparison.Ordinal))
            .ShouldBe(behind);
    }

    [Theory]
    [InlineData("a b", "feeds 'a' and 'b' are behind")]
    [InlineData("a b c", "feeds 'a', 'b' and 'c' are behind")]
    [InlineData("a b c d", "4 feeds are behind, including 'a', 'b', 'c'")]
    public void Feeds_that_are_behind_are_named(string feeds, string sentence) =>
        Findings.OfBehind(feeds.Split(' ')).Message.ShouldStartWith(sentence + ":");

    [Fact]
    public async Task Counts_are_those_of_now_when_the_page_is_opened_and_fetched_anew_while_it_is_looked_at()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        (await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password)).Dispose();
        await browser.TextAsync("/admin");
        await api.Portal.RegisterAsync("web1");
        api.Portal.Time.Advance(TimeSpan.FromMinutes(1));

        var page = await browser.TextAsync("/admin");

        Counters(page)["/admin/servers"].ShouldBe(1);
        var refresh = int.Parse(
            Refresh().Match(page).Groups[1].Value,
            System.Globalization.CultureInfo.InvariantCulture
        );
        refresh.ShouldBeLessThanOrEqualTo(30, "a picture is up to 20 seconds old already");
        page.ShouldContain("hx-select=\"#start-counts\"");
    }

    [Fact]
    public async Task A_source_that_was_never_asked_an_expired_list_and_the_lack_of_admins_are_told()
    {
        await using var source = await PatchSource.FakeSource.StartAsync();
        source.Publish(new DateTimeOffset(2026, 5, 2, 0, 0, 0, TimeSpan.Zero));
        await using var api = await ApiCaller.StartAsync(settings =>
            settings with
            {
                PatchSourceUrl = source.Address,
                TrustedKeys = [source.Key.PublicKey.ToString()],
                AutoUpdatePeriod = null,
            }
        );
        Notices(await Page(api)).ShouldBe([$"Warning: {source.Address} never synced /admin/source"]);

        using (var lease = api.Portal.Portal.Source.Take())
        using (lease.Connection!.Sync.TryBegin())
            await lease.Connection.Sync.Run(
                TestPortal.Admin,
                lease.Connection.Request(Products.All),
                _ => new Progress<long>(),
                Cancellation
            );
        Notices(await Page(api)).ShouldBeEmpty();
        api.Portal.Time.Advance(TimeSpan.FromDays(1));
        await api.Portal.Portal.Users.Delete(TestPortal.Admin, ApiCaller.Admin);

        Notices(await Page(api, user: ApiCaller.Reader))
            .ShouldBe([
                "Problem: Patch source index expired at 2026-05-02 00:00 UTC, newly blocked patchsets are not noticed /admin/source",
                "Warning: No user is an admin, only the command line can make changes /admin/users",
            ]);
    }

    [Fact]
    public async Task A_patch_file_that_is_damaged_is_told_until_it_is_right_again()
    {
        await using var api = await ApiCaller.StartAsync();
        var id = await api.Portal.RegisterAsync();
        await api.Portal.DeployAsync("K1", 1);
        var path = Directory.GetFiles(api.Portal.DataFolder, "kpatch.bin", SearchOption.AllDirectories).Single();
        var right = await File.ReadAllBytesAsync(path, Cancellation);
        foreach (
            var archive in Directory.GetFiles(
                Path.Combine(api.Portal.DataFolder, "arch"),
                "K1*",
                SearchOption.AllDirectories
            )
        )
            File.Delete(archive);
        await File.WriteAllBytesAsync(path, "wrong"u8.ToArray(), Cancellation);
        using (var refused = await api.Portal.GetAsync($"/{TestPortal.KernelId}/1/kpatch.bin", id))
            refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        Notices(await Page(api))
            .ShouldContain(
                "Problem: kpatch.bin of K1 is damaged, cannot be restored and is not served; damaged files in total: 1 /admin/patchsets"
            );

        await File.WriteAllBytesAsync(path, right, Cancellation);
        using (var given = await api.Portal.GetAsync($"/{TestPortal.KernelId}/1/kpatch.bin", id))
            given.StatusCode.ShouldBe(HttpStatusCode.OK);
        Notices(await Page(api)).ShouldNotContain(notice => notice.Contains("damaged", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 0, 0, 0, HealthLevel.Unknown, "No servers yet")]
    [InlineData(5, 0, 0, 0, HealthLevel.Good, "All servers are up to date")]
    [InlineData(5, 0, 2, 0, HealthLevel.Good, "All supported servers are up to date")]
    [InlineData(99, 1, 0, 0, HealthLevel.Warning, "1 server is outdated")]
    [InlineData(99, 0, 0, 2, HealthLevel.Warning, "2 servers are inactive")]
    [InlineData(80, 20, 0, 1, HealthLevel.Critical, "20 servers are outdated, 1 server is inactive")]
    public void The_verdict_is_that_of_the_counts(
        long upToDate,
        long outdated,
        long unsupported,
        long inactive,
        object mood,
        string title
    )
    {
        var fleet = new Fleet(
            default,
            new Dictionary<string, ServerCounts> { ["main"] = new(upToDate, outdated, unsupported, inactive) },
            []
        );
        var verdict = VerdictModel.Of(
            new StartModel(fleet, [], CheckInRange.All[0], [], [], new FirstSteps(true, true, true))
        );
        (verdict.HealthLevel, verdict.Title).ShouldBe(((HealthLevel)mood, title));
    }

    private static async Task CheckIn(TestPortal portal, string host, int level, string? kernel = null)
    {
        using var answer = await portal.CheckInAsync(
            TestPortal.Facts(await portal.RegisterAsync(host)) with
            {
                Hostname = host,
                PatchLevel = level,
                KernelId = kernel ?? TestPortal.KernelId,
            }
        );
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>
    /// Makes the patch source list patchsets in a state, as if it had done so since before they came.
    /// </summary>
    private static Task<bool> List(TestPortal portal, params (string Name, RepositoryState State)[] patchsets) =>
        portal.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                Listing.Replace(
                    change.Session,
                    patchsets.Select(patchset => new RepositoryEntry
                    {
                        Product = Product.Kernel,
                        Name = patchset.Name,
                        Released = change.Now,
                        Channel = "default",
                        Distros = [],
                        Archive = "archives/x.tar.gz",
                        Size = 1,
                        Sha256 = new string('0', 64),
                        ManifestSha256 = new string('0', 64),
                        State = patchset.State,
                    })
                );
                return true;
            }
        );

    private static async Task<string> Page(ApiCaller api, string path = "/admin", string user = ApiCaller.Admin)
    {
        // The fleet is counted once a minute at most.
        api.Portal.Time.Advance(TimeSpan.FromMinutes(2));
        using var browser = new Browser(api.Portal);
        (await browser.LogInAsync(user, ApiCaller.Password)).Dispose();
        await browser.TextAsync(path);
        var picture = (FleetSnapshot)api.Portal.Services.GetService(typeof(FleetSnapshot))!;
        while ((await picture.Get(Cancellation))!.At != api.Portal.Time.GetUtcNow())
            await Task.Yield();
        return await browser.TextAsync(path);
    }

    private static Dictionary<string, long> Counters(string page) =>
        Counter()
            .Matches(page)
            .ToDictionary(
                match => WebUtility.HtmlDecode(match.Groups[1].Value),
                match => long.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture)
            );

    private static IEnumerable<string> Steps(string page) =>
        Step().Matches(page).Select(match => match.Groups[1].Value);

    private static IEnumerable<string> Notices(string page) =>
        Notice()
            .Matches(page)
            .Select(match =>
                $"{match.Groups[1].Value} {FreeSpace().Replace(match.Groups[2].Value, "has only N MiB")} {match.Groups[3].Value}"
            );

    [GeneratedRegex(
        """<a class="card card-sm card-link h-100" href="([^"]*)" id="count-[^"]*">.*?<span class="h1 mb-0">(\d+)</span>""",
        RegexOptions.Singleline
    )]
    private static partial Regex Counter();

    [GeneratedRegex("""<a class="btn btn-sm" href="([^"]*)">""")]
    private static partial Regex Step();

    [GeneratedRegex(
        """<span class="visually-hidden">(\w+:)</span>\s*<div class="text-break" id="notice-\d+">(.*?)</div>\s*<a class="[^"]*" id="notice-\d+-place" href="([^"]*)" """,
        RegexOptions.Singleline
    )]
    private static partial Regex Notice();

    [GeneratedRegex("data-refresh=\"(\\d+)\"")]
    private static partial Regex Refresh();

    [GeneratedRegex(@"has only \d+ MiB")]
    private static partial Regex FreeSpace();
}
