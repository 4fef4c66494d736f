using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.PatchSource;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>What a sync brings, and how it takes what goes wrong.</summary>
public sealed class SyncTests : IAsyncLifetime
{
    private FakeSource _source = null!;

    public async ValueTask InitializeAsync() => _source = await FakeSource.StartAsync();

    public async ValueTask DisposeAsync() => await _source.DisposeAsync();

    [Fact]
    public async Task Only_what_is_new_is_fetched_and_nothing_is_enabled()
    {
        await using var house = SourceHouse.Open(_source);
        await _source.AddAsync("K1", 1);
        _source.Publish();
        (await house.SyncAsync()).Fetched.Select(entry => entry.Name).ShouldBe(["K1"]);
        await _source.AddAsync("K2", 2);
        _source.Publish();
        (await house.SyncAsync()).Fetched.Select(entry => entry.Name).ShouldBe(["K2"]);
        (await house.SyncAsync()).Fetched.ShouldBeEmpty();

        house.States().ShouldBe(["K1:undeployed", "K2:undeployed"]);
        _source.Asked("K1.tar.gz").ShouldBe(1);
        house.State().Error.ShouldBeNull();
    }

    [Fact]
    public async Task Distributions_and_the_number_of_the_newest_limit_what_is_fetched()
    {
        await using var house = SourceHouse.Open(
            _source,
            settings => settings with { PatchSourceDistros = ["almalinux9"], LimitPatchsets = 2 }
        );
        for (var level = 1; level <= 4; level++)
            await _source.AddAsync($"K{level}", level, distro: "almalinux9");
        await _source.AddAsync("K5", 5, distro: "debian12");
        _source.Publish();

        await house.SyncAsync();

        house
            .States()
            .ShouldBe([
                "K1:not-downloaded",
                "K2:not-downloaded",
                "K3:undeployed",
                "K4:undeployed",
                "K5:not-downloaded",
            ]);
    }

    [Fact]
    public async Task A_download_that_broke_goes_on_where_it_was()
    {
        await using var house = SourceHouse.Open(_source);
        var entry = await _source.AddAsync("K1", 1);
        _source.Publish();
        var (breaks, ranges) = (3, new List<string>());
        _source.Misbehave = async (context, path) =>
        {
            if (path != entry.Archive)
                return false;
            ranges.Add(context.Request.Headers.Range.ToString());
            if (breaks-- == 0)
                return false;
            var from = ranges[^1].Length > 0 ? int.Parse(ranges[^1]["bytes=".Length..^1], null) : 0;
            context.Response.StatusCode = from > 0 ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK;
            context.Response.Headers.ContentRange = $"bytes {from}-{entry.Size - 1}/{entry.Size}";
            // Less than was announced: the server closes the connection.
            context.Response.ContentLength = entry.Size - from;
            await context.Response.Body.WriteAsync(_source.Files[path].AsMemory(from, 10_000));
            return true;
        };

        (await house.SyncAsync()).Fetched.Count.ShouldBe(1);

        ranges.ShouldBe(["", "bytes=10000-", "bytes=20000-", "bytes=30000-"]);
    }

    [Fact]
    public async Task One_that_cannot_be_had_does_not_keep_the_others_away()
    {
        await using var house = SourceHouse.Open(_source);
        for (var level = 1; level <= 3; level++)
            await _source.AddAsync($"K{level}", level);
        _source.Files["archives/K2.tar.gz"] = new byte[_source.Files["archives/K2.tar.gz"].Length];
        _source.Publish();

        var report = await house.SyncAsync();

        report.Fetched.Select(entry => entry.Name).ShouldBe(["K1", "K3"]);
        report.Failed.Single().Reason.ShouldContain("SHA-256 differs");
        house.State().Error.ShouldBe("incomplete");
        Directory
            .EnumerateFiles(Path.Combine(house.Portal.PatchesRoot, "cache", "source"))
            .Select(Path.GetFileName)
            .ShouldBe(["sync.lock"]);
    }

    [Fact]
    public async Task One_sync_at_a_time()
    {
        await using var house = SourceHouse.Open(_source);
        using var other = house.Connection(_source.Address);
        var waited = false;
        Task<EPortal.Blobs.FileLock> second;
        using (house.Source.Sync.TryBegin())
        {
            other.Sync.TryBegin().ShouldBeNull();
            second = other.Sync.Begin(() => waited = true, TestContext.Current.CancellationToken);
        }

        (await second).Dispose();
        waited.ShouldBeTrue();
    }

    [Fact]
    public async Task What_the_source_blocks_or_withdraws_is_so_at_once()
    {
        await using var house = SourceHouse.Open(_source);
        await house.Portal.Feeds.Add(SourceHouse.Admin, "test", new FeedSettings());
        for (var level = 1; level <= 3; level++)
            await _source.AddAsync($"K{level}", level);
        _source.Publish();
        await house.SyncAsync();
        await house.EnableAllAsync();
        _source.Say("K1", RepositoryState.Withdrawn);
        _source.Say("K3", RepositoryState.Blocked);
        _source.Publish();
        await house.SyncAsync();

        house.States().ShouldBe(["K1:enabled(!)", "K2:enabled", "K3:blocked"]);
        house.States("test").ShouldBe(["K1:not-available", "K2:undeployed", "K3:blocked"]);
        house
            .Portal.Database.Read(session =>
                house
                    .Portal.Offers.At(session)
                    .FindOrNull(Feed.MainId, Product.Kernel, EPortal.Tests.Format.SamplePatchset.Kernel('a'))
            )!
            .Patchset.ShouldBe("K2");
        (
            await Should.ThrowAsync<RefusedException>(() =>
                house.Portal.Rollout.Enable(SourceHouse.Admin, Product.Kernel, "K3", "test", CancellationToken.None)
            )
        ).Message.ShouldContain("blocked it");

        _source.Say("K3", RepositoryState.Available);
        _source.Publish();
        await house.SyncAsync();
        house.States().ShouldBe(["K1:enabled(!)", "K2:enabled", "K3:disabled"]);
        await house.Portal.Rollout.Enable(SourceHouse.Admin, Product.Kernel, "K3", Feed.Main, CancellationToken.None);
        house.States().ShouldBe(["K1:enabled(!)", "K2:enabled", "K3:enabled"]);
    }

    [Fact]
    public async Task What_was_blocked_can_be_enabled_when_the_source_gives_it_out_again_though_it_was_withdrawn_between()
    {
        await using var house = SourceHouse.Open(_source);
        await _source.AddAsync("K1", 1);
        foreach (var state in new[] { RepositoryState.Available, RepositoryState.Blocked, RepositoryState.Withdrawn })
        {
            _source.Say("K1", state);
            _source.Publish();
            await house.SyncAsync();
        }

        house.States().ShouldBe(["K1:disabled"]);
        _source.Say("K1", RepositoryState.Available);
        _source.Publish();
        await house.SyncAsync();

        await house.Portal.Rollout.Enable(SourceHouse.Admin, Product.Kernel, "K1", Feed.Main, CancellationToken.None);
        house.States().ShouldBe(["K1:enabled"]);
    }

    [Fact]
    public async Task An_archive_that_is_refused_here_is_not_fetched_again_and_gone_when_it_is_no_longer_wanted()
    {
        await using var house = SourceHouse.Open(_source);
        var entry = await _source.AddAsync("K1", 1);
        _source.Entries[0] = entry with { ManifestSha256 = new string('0', 64) };
        _source.Publish();
        for (var round = 0; round < 3; round++)
            (await house.SyncAsync()).Failed.Single().Reason.ShouldContain("differs from its index");
        _source.Asked("K1.tar.gz").ShouldBe(1);
        Downloads(house).ShouldBe([entry.Sha256]);

        _source.Say("K1", RepositoryState.Withdrawn);
        _source.Publish();
        await house.SyncAsync();

        Downloads(house).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_begun_and_is_no_longer_wanted_goes()
    {
        await using var house = SourceHouse.Open(_source);
        var entry = await _source.AddAsync("K1", 1);
        _source.Publish();
        _source.Misbehave = async (context, path) =>
        {
            if (path != entry.Archive)
                return false;
            context.Response.ContentLength = entry.Size;
            await context.Response.Body.WriteAsync(_source.Files[path].AsMemory(0, 10_000));
            return true;
        };
        (await house.SyncAsync()).Failed.Count.ShouldBe(1);
        Downloads(house).ShouldBe([entry.Sha256 + ".part"], "to be gone on with");

        _source.Say("K1", RepositoryState.Withdrawn);
        _source.Publish();
        await house.SyncAsync();

        Downloads(house).ShouldBeEmpty();
    }

    [Fact]
    public async Task Enabling_what_a_sync_is_fetching_waits_for_it()
    {
        await using var house = SourceHouse.Open(_source);
        var entry = await _source.AddAsync("K1", 1);
        _source.Publish();
        var (asked, more) = (new TaskCompletionSource(), new TaskCompletionSource());
        await house.SyncAsync(request: new SyncRequest([], Whole: true));
        _source.Misbehave = async (context, path) =>
        {
            if (path != entry.Archive)
                return false;
            context.Response.ContentLength = entry.Size;
            await context.Response.Body.WriteAsync(_source.Files[path].AsMemory(0, 10_000));
            await context.Response.Body.FlushAsync();
            asked.TrySetResult();
            await more.Task;
            await context.Response.Body.WriteAsync(_source.Files[path].AsMemory(10_000));
            return true;
        };
        using var other = house.Connection(_source.Address);
        var sync = house.SyncAsync();
        await asked.Task;
        var fetch = other.Upstream.Fetch(
            SourceHouse.Admin,
            Product.Kernel,
            ["K1"],
            TestContext.Current.CancellationToken
        );
        more.SetResult();

        await fetch;
        (await sync).Fetched.Count.ShouldBe(1);
        _source.Asked("K1.tar.gz").ShouldBe(1);
        house.States().ShouldBe(["K1:undeployed"]);
        Downloads(house).ShouldBeEmpty();
    }

    [Fact]
    public async Task Switching_cache_mode_keeps_since_when_a_patchset_is_available()
    {
        await using var house = SourceHouse.Open(_source);
        await _source.AddAsync("K1", 1);
        _source.Publish();
        await house.SyncAsync(request: new SyncRequest(Products.All, Whole: false));
        var since = Patchset(house).AvailableAt;
        Patchset(house).Whole.ShouldBeFalse();
        house.Time.Advance(TimeSpan.FromHours(5));

        await house.SyncAsync(request: new SyncRequest([Product.Kernel], Whole: true, Complete: true));

        Patchset(house).Whole.ShouldBeTrue();
        Patchset(house).AvailableAt.ShouldBe(since);
        house.Portal.Folders.Has(Product.Kernel, "K1", whole: false).ShouldBeFalse();
    }

    [Fact]
    public async Task Automatic_feeds_take_what_is_due_of_their_channel()
    {
        await using var house = SourceHouse.Open(_source);
        await house.Portal.Feeds.Add(SourceHouse.Admin, "now", new FeedSettings(Auto: true, DeployAfter: 0));
        await house.Portal.Feeds.Add(
            SourceHouse.Admin,
            "late",
            new FeedSettings(Auto: true, DeployAfter: 10, Channel: "test")
        );
        await _source.AddAsync("K1", 1);
        await _source.AddAsync("K2", 2, channel: "test");
        await _source.AddAsync("K3", 3);
        _source.Publish();
        await house.SyncAsync();
        await house.Portal.Rollout.Disable(SourceHouse.Admin, Product.Kernel, "K3", "late");
        await house.Portal.AutoUpdate.Run(Actor.Portal, Product.Kernel);
        house.States("now").ShouldBe(["K1:enabled", "K2:undeployed", "K3:enabled"]);
        house.States("late").ShouldBe(["K1:undeployed", "K2:undeployed", "K3:disabled"]);

        house.Time.Advance(TimeSpan.FromHours(10) - TimeSpan.FromMinutes(1));
        (await house.Portal.AutoUpdate.Run(Actor.Portal, Product.Kernel)).ShouldBeEmpty();
        house.Time.Advance(TimeSpan.FromMinutes(2));
        await house.Portal.AutoUpdate.Run(Actor.Portal, Product.Kernel);

        house.States("late").ShouldBe(["K1:enabled", "K2:enabled", "K3:disabled"]);
        house.States().ShouldBe(["K1:undeployed", "K2:undeployed", "K3:undeployed"], "main is never automatic");
    }

    private static IEnumerable<string?> Downloads(SourceHouse house) =>
        Directory
            .EnumerateFiles(Path.Combine(house.Portal.PatchesRoot, "cache", "source"))
            .Select(Path.GetFileName)
            .Where(name => name != "sync.lock");

    private static EPortal.Patchsets.Patchset Patchset(SourceHouse house) =>
        house.Portal.Rollout.List(Feed.Main, Product.Kernel).Single().Patchset;
}
