using System.Net;
using System.Security.Cryptography;
using EPortal.AgentClient;
using EPortal.AgentClient.Wire;
using EPortal.EndToEnd.Portal;
using EPortal.Format;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Crash;

/// <summary>A host that after each crash takes what it is offered, and accepts it as an agent would.</summary>
internal sealed class CrashAgent(CrashSite site) : IDisposable
{
    private readonly HttpClient _http = CrashSite.CreateHttp();
    private string? _id;

    /// <summary>Patches fetched so far.</summary>
    public int Patches { get; private set; }

    /// <summary>
    /// Every target is offered this patchset and no other, and every file of it is whole and vouched for.
    /// </summary>
    public async Task ShouldBeOfferedAsync(PortalProcess portal, string? patchset)
    {
        var cancel = TestContext.Current.CancellationToken;
        _id ??= await CrashSite.ClientOf(_http, portal).RegisterAsync("agent", CrashSite.Key, cancel);
        var client = CrashSite.ClientOf(_http, portal, _id);
        foreach (var target in CrashSite.Targets)
        {
            var offer = await client.CheckInAsync(
                new CheckInRequest
                {
                    ServerId = _id,
                    Hostname = "agent",
                    KernelId = target,
                },
                cancel
            );
            offer.Supported.ShouldBe(patchset is not null);
            offer.Patchset.ShouldBe(patchset);
            if (patchset is not null)
                await TakeAsync(client, target, offer, cancel);
        }
    }

    /// <summary>Of these patchsets, older ones included, every file is here.</summary>
    public async Task ShouldFindAsync(PortalProcess portal, IEnumerable<string> patchsets)
    {
        var cancel = TestContext.Current.CancellationToken;
        foreach (
            var (patchset, target) in patchsets.SelectMany(patchset =>
                CrashSite.Targets.Select(target => (patchset, target))
            )
        )
        {
            foreach (var name in new[] { PatchDescription.FileName, PatchDescription.SignatureFileName, "kpatch.bin" })
            {
                using var file = await _http.GetAsync(
                    new Uri(portal.Address, $"{target}/{patchset[1..]}/{name}"),
                    cancel
                );
                file.StatusCode.ShouldBe(HttpStatusCode.OK, $"{patchset} {target} {name}");
                var hash = Convert.ToHexStringLower(SHA256.HashData(await file.Content.ReadAsByteArrayAsync(cancel)));
                file.Headers.ETag!.Tag.ShouldBe($"\"{hash}\"", $"{patchset} {target} {name}");
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task TakeAsync(PortalClient client, string target, CheckInAnswer offer, CancellationToken cancel)
    {
        var folder = Directory.CreateDirectory(site.Installation.PathOf("fetched")).FullName;
        foreach (var file in offer.Files!)
            await client.DownloadAsync(
                target,
                offer.Level!.Value,
                file.Name,
                Path.Combine(folder, file.Name),
                file.Size,
                file.Sha256,
                cancel
            );

        var json = await File.ReadAllBytesAsync(Path.Combine(folder, PatchDescription.FileName), cancel);
        var signature = await File.ReadAllTextAsync(Path.Combine(folder, PatchDescription.SignatureFileName), cancel);
        site.Trusted.Verify(json, signature, PatchDescription.FileName);
        var patch = PatchDescription.Parse(json, PatchsetLimits.Default);
        (patch.Patchset, patch.Target, patch.Level).ShouldBe((offer.Patchset, target, offer.Level!.Value));
        patch
            .Files.Select(file => (file.Key, file.Value.Size, file.Value.Sha256))
            .ShouldBeSubsetOf(offer.Files!.Select(file => (file.Name, file.Size, file.Sha256)));
        patch.Files.Keys.ShouldContain("kpatch.bin");
        Directory.Delete(folder, recursive: true);
        Patches++;
    }
}
