using System.Net;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>Patch files that come when an agent first asks.</summary>
public sealed class CacheModeTests : IAsyncLifetime
{
    private const int Agents = 500;
    private static readonly string File1 = $"patches/{TestPortal.KernelId}/1/kpatch.bin";

    private FakeSource _source = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _source = await FakeSource.StartAsync();

    public async ValueTask DisposeAsync() => await _source.DisposeAsync();

    [Fact]
    public async Task Five_hundred_agents_read_one_download_while_it_arrives()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        var right = _source.Files[File1];
        var more = new TaskCompletionSource();
        HalfThen(more.Task);

        var answers = await Task.WhenAll(Enumerable.Range(0, Agents).Select(_ => cache.AskAsync()));
        var bodies = await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStreamAsync(Cancellation)));
        var beginnings = await Task.WhenAll(bodies.Select(body => ReadAsync(body, 10_000)));
        more.SetResult();
        var rests = await Task.WhenAll(bodies.Select(body => ReadAsync(body, right.Length)));

        for (var agent = 0; agent < Agents; agent++)
            ((byte[])[.. beginnings[agent], .. rests[agent]]).SequenceEqual(right).ShouldBeTrue();
        _source.Asked("kpatch.bin").ShouldBe(1);
        (await cache.GetAsync()).ShouldBe(right);
        _source.Asked("kpatch.bin").ShouldBe(1, "it is here now");
    }

    [Fact]
    public async Task An_agent_that_goes_away_takes_the_download_from_nobody()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        var more = new TaskCompletionSource();
        HalfThen(more.Task);
        var first = await cache.AskAsync();
        var second = await cache.AskAsync();

        first.Dispose();
        more.SetResult();

        (await second.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(_source.Files[File1]);
        _source.Asked("kpatch.bin").ShouldBe(1);
    }

    [Fact]
    public async Task Wrong_bytes_never_come_whole_and_the_next_one_who_asks_starts_anew()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        var right = _source.Files[File1];
        _source.Files[File1] = [.. right[..^1], (byte)~right[^1]];
        var more = new TaskCompletionSource();
        HalfThen(more.Task);

        using (var answer = await cache.AskAsync())
        {
            more.SetResult();
            answer.Content.Headers.ContentLength.ShouldBe(right.Length);
            var body = await answer.Content.ReadAsStreamAsync(Cancellation);
            var got = new MemoryStream();
            await Should.ThrowAsync<IOException>(() => body.CopyToAsync(got, Cancellation));
            got.Length.ShouldBeLessThan(right.Length);
        }

        _source.Files[File1] = right;
        (await cache.GetAsync()).ShouldBe(right);
    }

    [Fact]
    public async Task A_file_shorter_than_announced_is_refused()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        _source.Files[File1] = _source.Files[File1][..1000];

        using var answer = await cache.AskAsync();

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain("announced length of 50000 bytes");
    }

    [Fact]
    public async Task What_the_source_does_not_give_is_a_clear_503_and_what_is_cached_is_served()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        var info = await cache.GetAsync("patch.json");
        var right = _source.Files[File1];
        _source.Files.Clear();

        using (var answer = await cache.AskAsync())
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter!.Delta.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
            (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain(
                "kpatch.bin of K1 is not available now: The patch source has no"
            );
        }

        (await cache.GetAsync("patch.json")).ShouldBe(info);
        _source.Files[File1] = right;
        (await cache.GetAsync()).ShouldBe(right);
    }

    [Fact]
    public async Task Of_a_source_that_hangs_agents_are_told_in_time_and_the_download_goes_on()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        var (asked, more) = (new TaskCompletionSource(), new TaskCompletionSource());
        _source.Misbehave = async (context, path) =>
        {
            if (path == File1)
            {
                asked.TrySetResult();
                await more.Task.WaitAsync(context.RequestAborted);
            }

            return false;
        };

        var asking = cache.AskAsync();
        await asked.Task;
        using (var answer = await cache.Portal.Time.PassUntilAsync(asking))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter.ShouldNotBeNull();
            (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain("the patch source is slow");
        }

        more.SetResult();
        (await cache.GetAsync()).ShouldBe(_source.Files[File1]);
        _source.Asked("kpatch.bin").ShouldBe(1);
    }

    [Fact]
    public async Task A_range_of_a_file_that_is_not_here_brings_the_whole_and_then_ranges_are_served()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        var right = _source.Files[File1];

        using (var cold = await cache.AskAsync(from: 100))
        {
            cold.StatusCode.ShouldBe(HttpStatusCode.OK, "RFC 9110, section 14.2: a range may be ignored");
            (await cold.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(right);
        }

        using var warm = await cache.AskAsync(from: 100);
        warm.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await warm.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(right[100..]);
    }

    [Fact]
    public async Task What_rots_in_the_cache_is_fetched_again()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        var right = await cache.GetAsync();
        var path = Directory.GetFiles(cache.CacheFolder, "kpatch.bin", SearchOption.AllDirectories).Single();
        await File.WriteAllBytesAsync(path, new byte[right.Length], Cancellation);

        (await cache.GetAsync()).ShouldBe(right);

        _source.Asked("kpatch.bin").ShouldBe(2);
    }

    [Fact]
    public async Task What_nobody_asked_for_in_two_weeks_goes_and_comes_again_when_it_is_asked_for()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        await cache.GetAsync();
        await cache.GetAsync("kpatch.blacklist");
        var time = cache.Portal.Time;
        foreach (var file in Directory.GetFiles(cache.CacheFolder, "kpatch.*", SearchOption.AllDirectories))
        {
            File.SetLastAccessTimeUtc(file, time.GetUtcNow().UtcDateTime);
            File.SetLastWriteTimeUtc(file, time.GetUtcNow().UtcDateTime);
        }

        using var eviction = new CacheEviction(
            cache.CacheFolder,
            TimeSpan.FromDays(14),
            time,
            NullLogger<CacheEviction>.Instance
        );
        time.Advance(TimeSpan.FromDays(10));
        eviction.Run().ShouldBe(0);
        await cache.GetAsync("kpatch.blacklist");
        time.Advance(TimeSpan.FromDays(5));

        eviction.Run().ShouldBe(1);

        Directory
            .GetFiles(cache.CacheFolder, "kpatch.*", SearchOption.AllDirectories)
            .Select(Path.GetFileName)
            .ShouldBe(["kpatch.blacklist"]);
        (await cache.GetAsync()).ShouldBe(_source.Files[File1]);
        (_source.Asked("kpatch.bin"), _source.Asked("kpatch.blacklist")).ShouldBe((2, 1));
    }

    [Fact]
    public async Task Cache_mode_can_be_left_and_entered_on_a_live_portal_and_agents_notice_nothing()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        var right = await cache.GetAsync();
        var cli = cache.Portal.CommandLine();
        cli.Environment["EPORTAL_PATCH_SOURCE_URL"] = $"'{_source.Address}'";
        cli.Environment["EPORTAL_TRUSTED_KEYS"] = $"['{_source.Key.PublicKey}']";

        (await cli.JsonAsync("kcare", "download-missing", "--json"))
            .GetProperty("downloaded")[0]
            .GetString()
            .ShouldBe("K1");
        (await cache.GetAsync()).ShouldBe(right);
        Directory
            .Exists(Path.Combine(cache.CacheFolder, "kernel", "K1"))
            .ShouldBeFalse("the archive is here, so the single files went");

        await _source.AddAsync("K2", 2);
        _source.Publish();
        (await cli.JsonAsync("cache-mode", "--fetch-meta", "--json"))
            .GetProperty("downloaded")[0]
            .GetString()
            .ShouldBe("K2");
        _source.Asked("K2.tar.gz").ShouldBe(0);
        (await cli.RunAsync(["kcare", "enable", "K2"])).Exit.ShouldBe(0);
        using var answer = await cache.Portal.GetAsync($"/{TestPortal.KernelId}/2/kpatch.bin", cache.ServerId);
        (await answer.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(
            _source.Files[$"patches/{TestPortal.KernelId}/2/kpatch.bin"]
        );
        (await cache.GetAsync()).ShouldBe(right);
    }

    /// <summary>The source sends half of the file, and the rest when it may.</summary>
    private void HalfThen(Task more) =>
        _source.Misbehave = async (context, path) =>
        {
            if (path != File1)
                return false;
            var content = _source.Files[path];
            context.Response.ContentLength = content.Length;
            await context.Response.Body.WriteAsync(content.AsMemory(0, content.Length / 2), context.RequestAborted);
            await more.WaitAsync(context.RequestAborted);
            await context.Response.Body.WriteAsync(content.AsMemory(content.Length / 2), context.RequestAborted);
            return true;
        };

    private static async Task<byte[]> ReadAsync(Stream body, int atMost)
    {
        var buffer = new byte[atMost];
        return buffer[..await body.ReadAtLeastAsync(buffer, atMost, throwOnEndOfStream: false, Cancellation)];
    }
}
