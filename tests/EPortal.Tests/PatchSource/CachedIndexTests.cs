using EPortal.PatchSource;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>A cache between portal and source that keeps copies of the index, its signature, or both.</summary>
public sealed class CachedIndexTests : IAsyncLifetime
{
    private const string Index = "index.json";
    private const string Signature = "index.json.minisig";

    private FakeSource _source = null!;
    private SourceHouse _house = null!;
    private Dictionary<string, byte[]> _old = [];

    public async ValueTask InitializeAsync()
    {
        _source = await FakeSource.StartAsync();
        await _source.AddAsync("K1", 1);
        _source.Publish();
        _house = SourceHouse.Open(_source);
        await _house.SyncAsync();
        _old = _source.Files.ToDictionary();
        await _source.AddAsync("K2", 2);
        _source.Publish();
    }

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task A_cache_that_asks_the_source_when_told_to_hides_nothing()
    {
        Keep(
            [Index, Signature],
            context => !context.Request.Headers.CacheControl.ToString().Contains("no-cache", StringComparison.Ordinal)
        );

        (await _house.SyncAsync()).Copy.ShouldBeNull();

        _house.States().ShouldBe(["K1:undeployed", "K2:undeployed"]);
    }

    [Theory]
    [InlineData(Index, Signature)]
    [InlineData(Index)]
    [InlineData(Signature)]
    public async Task What_a_disobedient_cache_keeps_is_asked_for_past_it(params string[] kept)
    {
        Keep(kept, context => !context.Request.QueryString.HasValue);

        (await _house.SyncAsync()).Copy.ShouldBeNull();

        _house.States().ShouldBe(["K1:undeployed", "K2:undeployed"]);
        _house.State().Error.ShouldBeNull();
    }

    [Fact]
    public async Task An_old_pair_that_cannot_be_passed_is_told_and_is_no_wrong_signature()
    {
        Keep([Index, Signature], _ => true);

        var report = await _house.SyncAsync();

        report.Copy.ShouldNotBeNull().ShouldContain("3600 seconds old");
        _house.State().Message.ShouldContain("let requests for index.json and its signature pass");
        _house.State().Error.ShouldBeNull();
    }

    [Theory]
    [InlineData(Index)]
    [InlineData(Signature)]
    public async Task An_old_half_that_cannot_be_passed_is_a_copy_and_no_wrong_signature(string kept)
    {
        Keep([kept], _ => true);

        (await _house.RefusedAsync()).ShouldBe(SourceError.Cached);

        _house.State().Message.ShouldContain("a copy of the index that is 3600 seconds old");
        _house.States().ShouldBe(["K1:undeployed"]);
    }

    [Fact]
    public async Task An_old_pair_after_a_newer_one_is_a_copy()
    {
        await _house.SyncAsync();
        Keep([Index, Signature], _ => true);

        (await _house.RefusedAsync()).ShouldBe(SourceError.Cached);
    }

    [Fact]
    public async Task A_source_that_takes_no_query_is_believed_as_it_answers()
    {
        _source.Misbehave = WithAgeAndWithoutQueries;

        (await _house.SyncAsync()).Copy.ShouldNotBeNull().ShouldContain("5 seconds old");

        _house.States().ShouldBe(["K1:undeployed", "K2:undeployed"]);
    }

    [Theory]
    [InlineData(StatusCodes.Status404NotFound)]
    [InlineData(StatusCodes.Status400BadRequest)]
    public async Task A_source_that_takes_no_query_is_refused_for_what_it_said_without_one(int status)
    {
        await _house.SyncAsync();
        _source.Misbehave = async (context, path) =>
        {
            if (path is not (Index or Signature))
                return false;
            if (context.Request.QueryString.HasValue)
                context.Response.StatusCode = status;
            else
                await context.Response.Body.WriteAsync(_old[path]);
            return true;
        };

        (await _house.RefusedAsync()).ShouldBe(SourceError.Older);
    }

    private static Task<bool> WithAgeAndWithoutQueries(HttpContext context, string path)
    {
        if (context.Request.QueryString.HasValue)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return Task.FromResult(true);
        }

        if (path is Index or Signature)
            context.Response.Headers.Age = "5";
        return Task.FromResult(false);
    }

    /// <summary>Answers with the copies of an hour ago, and says so as caches do (RFC 9111, section 5.1).</summary>
    private void Keep(string[] paths, Func<HttpContext, bool> when) =>
        _source.Misbehave = async (context, path) =>
        {
            if (!paths.Contains(path) || !when(context))
                return false;
            context.Response.Headers.Age = "3600";
            await context.Response.Body.WriteAsync(_old[path]);
            return true;
        };
}
