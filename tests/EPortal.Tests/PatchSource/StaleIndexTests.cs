using System.Text;
using EPortal.Format;
using EPortal.PatchSource;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>Old, standing, mixed and leaping indexes.</summary>
[Trait("threat", "U8")]
public sealed class StaleIndexTests : IAsyncLifetime
{
    private FakeSource _source = null!;
    private SourceHouse _house = null!;

    public async ValueTask InitializeAsync()
    {
        _source = await FakeSource.StartAsync();
        await _source.AddAsync("K1", 1);
        _source.Publish();
        _house = SourceHouse.Open(_source);
        await _house.SyncAsync();
        await _house.EnableAllAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task A_replayed_older_index_is_refused()
    {
        var old = _source.Files.ToDictionary();
        await _source.AddAsync("K2", 2);
        _source.Publish();
        await _house.SyncAsync();
        _source.Files["index.json"] = old["index.json"];
        _source.Files["index.json.minisig"] = old["index.json.minisig"];

        (await _house.RefusedAsync()).ShouldBe(SourceError.Older);

        _house.States().ShouldBe(["K1:enabled", "K2:undeployed"]);
    }

    [Fact]
    public async Task An_index_that_stands_still_past_its_expiry_is_refused()
    {
        _house.Time.Advance(TimeSpan.FromDays(31));

        (await _house.RefusedAsync()).ShouldBe(SourceError.Expired);

        _house.States().ShouldBe(["K1:enabled"]);
    }

    [Fact]
    public async Task Two_indexes_of_one_version_are_refused()
    {
        await _source.AddAsync("K2", 2);
        _source.Version--;
        _source.Publish();

        (await _house.RefusedAsync()).ShouldBe(SourceError.Mixed);
    }

    [Fact]
    public async Task A_manifest_or_archive_of_another_time_is_refused_and_leaves_nothing()
    {
        var entry = await _source.AddAsync("K2", 2);
        _source.Entries[^1] = entry with { ManifestSha256 = new string('0', 64) };
        _source.Publish();

        var mirrored = await _house.SyncAsync();
        mirrored.Failed.Single().Reason.ShouldContain("differs from its index");
        var cached = await _house.SyncAsync(request: new SyncRequest(Products.All, Whole: false));
        cached.Failed.Single().Reason.ShouldContain("differs from its index");

        _house.States().ShouldBe(["K1:enabled", "K2:not-downloaded"]);
        _house.Portal.Folders.Has(Product.Kernel, "K2").ShouldBeFalse();
        _house.State().Error.ShouldBe("incomplete");
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(RepositoryIndex.MaxVersion + 1)]
    [InlineData(IndexTrust.LongestLeap + 2)]
    public async Task A_leap_that_no_later_version_could_follow_is_refused(long version)
    {
        _source.Version = version - 1;
        _source.Publish();

        (await _house.RefusedAsync()).ShouldBe(SourceError.FastForward);
    }

    [Fact]
    public async Task Unsigned_and_wrongly_signed_indexes_are_refused()
    {
        _source.Publish();
        _source.Files.Remove("index.json.minisig");
        (await _house.RefusedAsync()).ShouldBe(SourceError.Unsigned);

        _source.Key = MinisignSecretKey.Generate();
        _source.Sign();
        (await _house.RefusedAsync()).ShouldBe(SourceError.WronglySigned);

        _source.Files["index.json.minisig"] = Encoding.UTF8.GetBytes("rubbish");
        (await _house.RefusedAsync()).ShouldBe(SourceError.WronglySigned);
    }

    [Fact]
    public async Task A_new_key_takes_over_and_undoes_a_leap()
    {
        _source.Version = IndexTrust.LongestLeap;
        _source.Publish();
        await _house.SyncAsync();
        var (stolen, next) = (_source.Key, MinisignSecretKey.Generate());
        _source.Key = next;
        _source.Version = 5;
        _source.Publish();

        // While both are pinned nothing older is taken, whoever signed it.
        using (var both = _house.Connection(_source.Address, new TrustedKeys([stolen.PublicKey, next.PublicKey])))
            (await _house.RefusedAsync(both)).ShouldBe(SourceError.Older);
        using var rotated = _house.Connection(_source.Address, new TrustedKeys([next.PublicKey]));
        (await _house.SyncAsync(rotated)).Version.ShouldBe(6);

        _source.Key = stolen;
        _source.Sign();
        (await _house.RefusedAsync(rotated)).ShouldBe(SourceError.WronglySigned);
    }

    [Fact]
    public async Task A_source_caught_between_index_and_signature_is_asked_once_more()
    {
        var stale = _source.Files["index.json.minisig"];
        await _source.AddAsync("K2", 2);
        _source.Publish();
        var first = true;
        _source.Misbehave = async (context, path) =>
        {
            if (path != "index.json.minisig" || !first)
                return false;
            first = false;
            await context.Response.Body.WriteAsync(stale);
            return true;
        };

        (await _house.SyncAsync()).Version.ShouldBe(2);
    }
}
