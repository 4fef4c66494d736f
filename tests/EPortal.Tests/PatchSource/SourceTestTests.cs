using EPortal.Format;
using EPortal.PatchSource;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>Trying a patch source: what is said of it, and that nothing changes.</summary>
public sealed class SourceTestTests : IAsyncLifetime
{
    private FakeSource _source = null!;

    public async ValueTask InitializeAsync()
    {
        _source = await FakeSource.StartAsync();
        await _source.AddAsync("K1", 1);
        await _source.AddAsync("K2", 2, distro: "almalinux9");
        await _source.AddAsync("U1", 3, product: Product.User);
        _source.Publish(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    public async ValueTask DisposeAsync() => await _source.DisposeAsync();

    [Fact]
    public async Task What_is_well_is_told_with_signature_version_expiry_and_patchsets_and_changes_nothing()
    {
        await using var house = SourceHouse.Open(_source);

        var finding = await Run(house);

        finding.Message.ShouldBe(
            $"index version 1, signed by the pinned key {_source.Key.PublicKey.KeyId}, expires 2100-01-01 00:00 UTC, lists 2 kernel patchsets, 1 user patchset"
        );
        (finding.Ok, finding.Version, finding.SignedBy).ShouldBe((true, 1, _source.Key.PublicKey.KeyId));
        finding.Distros.ShouldBe(["almalinux9", "debian12"]);
        house.Portal.Database.Read(SourceStore.SeenOrNull).ShouldBeNull();
        house.Portal.Database.Read(SourceStore.StateOrNull).ShouldBeNull();
    }

    [Fact]
    public async Task Without_a_pinned_key_it_says_that_the_signature_was_not_checked()
    {
        await using var house = SourceHouse.Open(_source, settings => settings with { TrustedKeys = [] });
        (await Run(house)).Message.ShouldStartWith(
            "index version 1, signature not checked because TRUSTED_KEYS pins no key"
        );
    }

    [Fact]
    public async Task What_is_not_believed_is_told_by_its_name()
    {
        await using var house = SourceHouse.Open(_source);
        _source.Version = 4;
        _source.Publish();
        await house.SyncAsync();
        var signature = _source.Files["index.json.minisig"];

        (await Run(house, "")).ShouldBe(
            new SourceFinding(
                false,
                "NotSet",
                "no patch source is set; set one with `kc.eportal patch-source set --url URL`"
            )
        );
        _source.Files.Remove("index.json.minisig");
        (await Run(house)).Error.ShouldBe(nameof(SourceError.Unsigned));
        _source.Files["index.json.minisig"] = signature;
        _source.Version = 2;
        _source.Publish();
        (await Run(house)).Error.ShouldBe(nameof(SourceError.Older));
        _source.Version = 6;
        _source.Publish(DateTimeOffset.UtcNow.AddDays(-1));
        (await Run(house)).Error.ShouldBe(nameof(SourceError.Expired));
        _source.Misbehave = (context, _) => Answer(context, StatusCodes.Status401Unauthorized);
        (await Run(house)).Error.ShouldBe(nameof(SourceError.Unauthorized));
        _source.Misbehave = (context, _) => Answer(context, StatusCodes.Status404NotFound);
        (await Run(house)).Error.ShouldBe(nameof(SourceError.NotFound));
        (await Run(house, "http://127.0.0.1:1/")).Error.ShouldBe(nameof(SourceError.Unreachable));
    }

    [Fact]
    public async Task Login_and_password_go_to_the_source()
    {
        await using var house = SourceHouse.Open(_source);
        var seen = "";
        _source.Misbehave = (context, _) =>
        {
            seen = context.Request.Headers.Authorization.ToString();
            return Task.FromResult(false);
        };

        await house
            .Portal.Get<SourceTest>()
            .Run(
                SourceSetting.Off.With(_source.Address.ToString(), "me", "hunter2", []),
                TestContext.Current.CancellationToken
            );

        seen.ShouldBe("Basic " + Convert.ToBase64String("me:hunter2"u8));
    }

    private Task<SourceFinding> Run(SourceHouse house, string? url = null) =>
        house
            .Portal.Get<SourceTest>()
            .Run(
                SourceSetting.Off.With(url ?? _source.Address.ToString(), null, null, []),
                TestContext.Current.CancellationToken
            );

    private static Task<bool> Answer(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.FromResult(true);
    }
}
