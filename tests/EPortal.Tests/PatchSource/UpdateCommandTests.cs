using EPortal.Feeds;
using EPortal.Format;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>Updates on demand, and cleaning up after them.</summary>
public sealed class UpdateCommandTests : IAsyncLifetime
{
    private FakeSource _source = null!;
    private CachePortal _cache = null!;

    private TestPortal Portal => _cache.Portal;

    public async ValueTask InitializeAsync()
    {
        _source = await FakeSource.StartAsync();
        _cache = await CachePortal.StartAsync(_source, cacheMode: false);
    }

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task Update_fetches_what_is_new_and_brings_it_onto_the_feed()
    {
        await Portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings(Channel: "test"));
        await _source.AddAsync("K2", 2, channel: "test");
        _source.Publish();

        var report = await Cli().JsonAsync("kcare", "update", "--feed", "test", "--json");

        report.GetProperty("downloaded").EnumerateArray().Single().GetString().ShouldBe("K2");
        report
            .GetProperty("enabled")
            .EnumerateArray()
            .Select(row => $"{row.GetProperty("patchset")} {row.GetProperty("feed")}")
            .ShouldBe(["K1 test", "K2 test"]);
        (await Cli().RunAsync(["kcare", "update", "--feed", "test"])).Out.ShouldBe("nothing new\n");
        (await Cli().RunAsync(["--get-latest"])).Out.ShouldBe("nothing new\n", "main takes its own channel alone");
    }

    [Fact]
    public async Task Automatic_update_fills_automatic_feeds_when_they_are_due()
    {
        await Portal.Portal.Feeds.Add(TestPortal.Admin, "late", new FeedSettings(Auto: true, DeployAfter: 24));
        (await Cli().RunAsync(["kcare", "auto-update"])).Out.ShouldBe("nothing new\n");
        Portal.Time.Advance(TimeSpan.FromHours(24));
        (await Cli().RunAsync(["--auto-update"])).Out.ShouldBe("K1 was enabled in late\n");
    }

    [Fact]
    public async Task What_could_not_be_fetched_is_named_the_rest_is_there_and_the_exit_code_tells()
    {
        await _source.AddAsync("K2", 2);
        await _source.AddAsync("K3", 3);
        _source.Files["archives/K2.tar.gz"][100] ^= 1;
        _source.Publish();

        var (exit, output, error) = await Cli().RunAsync(["kcare", "update"]);

        exit.ShouldBe(1);
        output.ShouldBe("K3 was downloaded\nK3 was enabled in main\n");
        error.ShouldContain("K2 was not fetched: checksum mismatch of archives/K2.tar.gz");
        error.ShouldEndWith("error: not fetched: 1 of 2 patchsets\n");
        var status = await Cli().RunAsync(["patch-source", "--json"]);
        status.Exit.ShouldBe(1);
        status.Out.ShouldContain("\"error\": \"incomplete\"");
    }

    [Theory]
    [InlineData("no patch source is set; set one with `kc.eportal patch-source set --url URL`", "kcare", "update")]
    [InlineData(
        "no patch source is set; set one with `kc.eportal patch-source set --url URL`",
        "libcare",
        "auto-update"
    )]
    [InlineData("no patch source is set; set one with `kc.eportal patch-source set --url URL`", "patch-source", "sync")]
    [InlineData(
        "no patch source is set; set one with `kc.eportal patch-source set --url URL`",
        "cache-mode",
        "--fetch-meta"
    )]
    [InlineData(
        "no patch source has been synced yet, so no patchset is known to be obsolete; "
            + "remove single ones with `kc.eportal kcare unroll NAME --delete`",
        "--clean-releases"
    )]
    public async Task Without_a_source_they_say_so(string said, params string[] args)
    {
        using var folder = new TempFolder();
        var (exit, output, error) = await PortalCli.On(folder.File("data")).RunAsync(args);
        (exit, output).ShouldBe((1, ""));
        error.ShouldBe($"error: {said}\n");
    }

    [Fact]
    public async Task Without_a_source_nothing_missing_is_no_error()
    {
        using var folder = new TempFolder();
        (await PortalCli.On(folder.File("data")).RunAsync(["kcare", "download-missing"])).ShouldBe(
            (0, "nothing new\n", "")
        );
    }

    [Fact]
    public async Task A_sync_fetches_and_enables_nothing()
    {
        await _source.AddAsync("K2", 2);
        _source.Publish();
        var (exit, output, _) = await Cli().RunAsync(["patch-source", "sync"]);
        (exit, output).ShouldBe((0, "K2 was downloaded\n"));
        (await Cli().RunAsync(["patch-source", "sync"])).Out.ShouldBe("nothing new\n");
    }

    [Fact]
    public async Task An_unknown_feed_is_refused_before_anything_is_fetched()
    {
        await _source.AddAsync("K2", 2);
        _source.Publish();
        var (exit, _, error) = await Cli().RunAsync(["kcare", "update", "--feed", "nope"]);
        exit.ShouldBe(1);
        error.ShouldContain("nope");
        _source.Asked("K2.tar.gz").ShouldBe(0);
    }

    [Fact]
    public async Task An_update_waits_for_the_one_under_way()
    {
        Task<(int Exit, string Out, string Err)> update;
        using (var lease = Portal.Portal.Source.Take())
        using (lease.Connection!.Sync.TryBegin())
            update = Cli().RunAsync(["kcare", "update"]);
        var (exit, _, error) = await update;
        (exit, error).ShouldBe((0, "waiting for another sync to finish\n"));
    }

    [Fact]
    public async Task Clean_releases_removes_what_nobody_needs_and_only_tells_it_first_when_asked()
    {
        for (var level = 2; level <= 5; level++)
            await _source.AddAsync($"K{level}", level);
        _source.Publish();
        (await Cli().RunAsync(["kcare", "update"])).Exit.ShouldBe(0);
        (
            await Portal.CheckInAsync(TestPortal.Facts(_cache.ServerId) with { PatchLevel = 2 })
        ).EnsureSuccessStatusCode();
        _source.Entries.RemoveAll(entry => entry.Name != "K4");
        _source.Publish();
        (await Cli().RunAsync(["kcare", "update"])).Exit.ShouldBe(0);

        var dry = Cli();
        dry.Environment["DRY_RUN"] = "1";
        var told = await dry.JsonAsync("--clean-releases", "--json");
        told.GetProperty("removed")
            .EnumerateArray()
            .Select(row => row.GetProperty("patchset").GetString())
            .ShouldBe(["K1", "K3"]);
        (await Cli().JsonAsync("--clean-releases", "--dry-run", "--json")).ToString().ShouldBe(told.ToString());
        var (declined, _, question) = await Portal.CommandLine(isTerminal: true).RunAsync(["--clean-releases"], "n\n");
        declined.ShouldBe(1);
        question.ShouldMatch(@"^Remove 2 patchsets \(.* [KM]iB\)\? \[y/N\] error: not confirmed, nothing was done\n\z");
        (await Cli().JsonAsync("kcare", "list", "--json")).GetArrayLength().ShouldBe(5);
        var before = Used();
        var gone = await Cli().JsonAsync("--clean-releases", "--json");

        gone.GetProperty("removed").ToString().ShouldBe(told.GetProperty("removed").ToString());
        (before - Used()).ShouldBe(gone.GetProperty("bytes").GetInt64());
        (await Cli().JsonAsync("kcare", "list", "--json"))
            .GetArrayLength()
            .ShouldBe(3, "K2 runs somewhere, K4 is listed, K5 is offered");
        (await Cli().RunAsync(["--clean-releases"])).Out.ShouldStartWith("0 patchsets were removed");
    }

    [Fact]
    public async Task Enabling_all_up_to_one_fetches_no_older_ones_of_distributions_that_are_not_wanted()
    {
        await using var cache = await CachePortal.StartAsync(
            _source,
            cacheMode: false,
            settings => settings with { PatchSourceDistros = ["debian12"] }
        );
        await _source.AddAsync("K2", 2, distro: "almalinux9");
        await _source.AddAsync("K3", 3);
        await _source.AddAsync("K4", 4, distro: "almalinux9");
        await cache.SyncAsync(_source, new SyncRequest([], Whole: true));
        var rollout = cache.Portal.Portal.Rollout;

        (await rollout.EnableUpTo(TestPortal.Admin, Product.Kernel, "K3", Feed.Main, CancellationToken.None)).ShouldBe([
            "K3",
        ]);
        _source.Asked("K2.tar.gz").ShouldBe(0);
        (await rollout.EnableUpTo(TestPortal.Admin, Product.Kernel, "K4", Feed.Main, CancellationToken.None)).ShouldBe(
            ["K4"],
            "it was asked for by name"
        );
        rollout
            .List(Feed.Main, Product.Kernel)
            .Select(row => $"{row.Patchset.Name}:{row.State.Token()}")
            .ShouldBe(["K1:enabled", "K2:not-downloaded", "K3:enabled", "K4:enabled"]);
    }

    [Fact]
    public async Task Many_who_ask_for_a_rotten_file_at_once_have_it_restored_once()
    {
        var right = await _cache.GetAsync();
        var path = Directory
            .GetFiles(Path.Combine(Portal.DataFolder, "resources", "K1"), "kpatch.bin", SearchOption.AllDirectories)
            .Single();
        await File.WriteAllBytesAsync(path, new byte[right.Length], TestContext.Current.CancellationToken);
        Portal.Time.Advance(TimeSpan.FromSeconds(2)); // Until then it is served from memory.

        var got = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => _cache.GetAsync()));

        got.ShouldAllBe(bytes => bytes.SequenceEqual(right));
        Portal.Log.Count(line => line.Contains("was restored", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Download_missing_brings_back_what_is_lost_when_only_the_database_was_restored()
    {
        var right = await _cache.GetAsync();
        Directory.Delete(Path.Combine(Portal.DataFolder, "arch"), recursive: true);
        (await Cli().JsonAsync("kcare", "download-missing", "--json"))
            .GetProperty("downloaded")[0]
            .GetString()
            .ShouldBe("K1");
        Directory.Delete(Path.Combine(Portal.DataFolder, "resources"), recursive: true);
        var (exit, _, note) = await Cli().RunAsync(["kcare", "download-missing"]);
        (exit, note).ShouldBe((0, "K1 was unpacked again from its archive\n"));

        var archive = Path.Combine(Portal.DataFolder, "arch", "K1.tar.gz");
        await File.WriteAllBytesAsync(
            archive,
            new byte[_source.Files["archives/K1.tar.gz"].Length],
            TestContext.Current.CancellationToken
        );
        (await Cli().JsonAsync("kcare", "download-missing", "--json"))
            .GetProperty("downloaded")[0]
            .GetString()
            .ShouldBe("K1", "it had rotted");

        File.ReadAllBytes(archive).ShouldBe(_source.Files["archives/K1.tar.gz"]);
        (await _cache.GetAsync()).ShouldBe(right);
        (await Cli().RunAsync(["kcare", "download-missing"])).Out.ShouldBe("nothing new\n");
    }

    private long Used() =>
        Directory
            .EnumerateFiles(Portal.DataFolder, "*", SearchOption.AllDirectories)
            .Where(path =>
                !path.Contains(".sqlite", StringComparison.Ordinal)
                && !path.EndsWith(".reserve", StringComparison.Ordinal)
            )
            .Sum(path => new FileInfo(path).Length);

    private CliRunner Cli()
    {
        var cli = Portal.CommandLine();
        cli.Environment["EPORTAL_PATCH_SOURCE_URL"] = $"'{_source.Address}'";
        cli.Environment["EPORTAL_TRUSTED_KEYS"] = $"['{_source.Key.PublicKey}']";
        return cli;
    }
}
