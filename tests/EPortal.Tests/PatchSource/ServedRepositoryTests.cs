using System.Net;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using EPortal.Tests.Format;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>A portal as the patch source of another.</summary>
public sealed class ServedRepositoryTests : IAsyncLifetime
{
    private const string Index = "/patch-source/index.json";

    private FakeSource _source = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _source = await FakeSource.StartAsync();

    public async ValueTask DisposeAsync() => await _source.DisposeAsync();

    [Fact]
    public async Task It_is_off_by_default()
    {
        await using var cache = await CachePortal.StartAsync(_source, cacheMode: false);
        using var answer = await cache.Portal.GetAsync(Index);
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("lower:wrong", HttpStatusCode.Unauthorized)]
    [InlineData("lower:", HttpStatusCode.Unauthorized)]
    [InlineData("lower:secret", HttpStatusCode.OK)]
    public async Task It_asks_for_the_login_that_is_set(string? login, HttpStatusCode expected)
    {
        await using var cache = await CachePortal.StartAsync(_source, cacheMode: false, Served);
        string[] paths =
        [
            Index,
            Index + ".minisig",
            "/patch-source/archives/K1.tar.gz",
            "/patch-source/manifests/K1.json",
            $"/patch-source/patches/{TestPortal.KernelId}/1/kpatch.bin",
            $"/patch-source/descriptions/K1/{TestPortal.KernelId}/1/patch.json",
        ];
        foreach (var path in paths)
        {
            using var answer = await cache.Portal.GetAsync(
                path,
                headers: headers => headers.Authorization = login is null ? null : TestPortal.Basic(login)
            );
            answer.StatusCode.ShouldBe(expected, path);
        }
    }

    [Fact]
    public async Task Caches_on_the_way_must_ask_whether_their_copy_of_the_index_is_still_right()
    {
        await using var cache = await CachePortal.StartAsync(_source, cacheMode: false, Open);
        foreach (var path in (string[])[Index, Index + ".minisig"])
        {
            using var answer = await cache.Portal.GetAsync(path);
            answer.Headers.CacheControl!.ToString().ShouldBe("no-cache");
            using var again = await cache.Portal.GetAsync(
                path,
                headers: headers => headers.IfNoneMatch.Add(answer.Headers.ETag!)
            );
            again.StatusCode.ShouldBe(HttpStatusCode.NotModified, path);
        }
    }

    [Fact]
    public async Task What_becomes_of_a_patchset_at_the_source_is_told_on_at_once_and_the_version_grows_only_then()
    {
        await _source.AddAsync("K1", 1);
        await _source.AddAsync("K2", 2);
        await using var upper = await CachePortal.StartAsync(_source, cacheMode: false, Open);
        await using var lower = SourceHouse.Open(
            _source,
            settings =>
                settings with
                {
                    TrustedKeys = [.. settings.TrustedKeys, upper.Portal.Portal.Signer.OwnKeyLine()],
                }
        );
        using var connection = lower.Connection(new Uri(upper.Portal.Address, "patch-source/"));
        var first = await lower.SyncAsync(connection);
        (await lower.SyncAsync(connection)).Version.ShouldBe(first.Version, "nothing changed");
        await lower.EnableAllAsync();

        _source.Say("K1", RepositoryState.Withdrawn);
        await upper.SyncAsync(_source);
        (await lower.SyncAsync(connection)).Version.ShouldBe(first.Version + 1);
        lower.States().ShouldBe(["K1:enabled(!)", "K2:enabled"]);

        _source.Say("K2", RepositoryState.Blocked);
        await upper.SyncAsync(_source);
        await lower.SyncAsync(connection);
        lower.States().ShouldBe(["K1:enabled(!)", "K2:blocked"]);
    }

    [Fact]
    public async Task What_came_here_unsigned_is_given_out_signed_by_the_portal()
    {
        await using var upper = await TestPortal.StartAsync(settings =>
            Open(settings) with
            {
                AutoUpdatePeriod = null,
            }
        );
        await upper.Portal.Patchsets.Deploy(
            TestPortal.Admin,
            Product.Kernel,
            new MemoryStream(
                await SamplePatchset.BytesAsync(SamplePatchset.Builder("K1"), Compression.Bzip2, key: null)
            ),
            PatchsetLibrary.NoPlace,
            Cancellation
        );
        var key = upper.Portal.Signer.OwnKeyLine();
        await using var lower = SourceHouse.Open(_source, settings => settings with { TrustedKeys = [key] });
        using var connection = lower.Connection(new Uri(upper.Address, "patch-source/"));

        (await lower.SyncAsync(connection)).Fetched.Single().Name.ShouldBe("K1");
        await lower.Portal.Patchsets.Delete(SourceHouse.Admin, Product.Kernel, "K1");
        (await lower.SyncAsync(connection, new SyncRequest(Products.All, Whole: false)))
            .Fetched.Single()
            .Name.ShouldBe("K1");
        lower
            .Portal.Rollout.List(Feed.Main, Product.Kernel)
            .Single()
            .Patchset.SignedBy.ShouldBe(upper.Portal.Signer.Own.PublicKey.KeyId);
    }

    /// <summary>The clocks of the two portals differ by months.</summary>
    private static Settings Open(Settings settings) =>
        settings with
        {
            ServePatchSource = true,
            ServePatchSourceExpiry = TimeSpan.FromDays(10_000),
        };

    private static Settings Served(Settings settings) =>
        Open(settings) with
        {
            ServePatchSourceUser = "lower",
            ServePatchSourcePassword = "secret",
        };
}
