using System.Net;
using EPortal.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>What becomes of patch files that change on the portal's own disk.</summary>
public sealed class RotTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("kpatch.bin", false)]
    [InlineData(PatchDescription.FileName, false)]
    [InlineData(PatchDescription.SignatureFileName, false)]
    [InlineData("kpatch.bin", true)]
    [InlineData(PatchDescription.FileName, true)]
    [InlineData(PatchDescription.SignatureFileName, true)]
    public async Task A_file_that_rotted_is_put_back_from_its_archive_before_it_is_handed_out(string file, bool pinned)
    {
        using var folder = new TempFolder();
        var vendor = MinisignSecretKey.Generate();
        await File.WriteAllTextAsync(folder.File("vendor.pub"), vendor.PublicKey.ToText("vendor"), Cancellation);
        await using var portal = await TestPortal.StartAsync(settings =>
            pinned ? settings with { TrustedKeys = [folder.File("vendor.pub")] } : settings
        );
        var id = await portal.RegisterAsync();
        await portal.DeployAsync("K1", 1, key: pinned ? vendor : null);
        var right = await GetAsync(portal, id, file);
        var path = PathOf(portal, file);
        var rotten = (byte[])right.Clone();
        rotten[^1] ^= 1;
        await File.WriteAllBytesAsync(path, rotten, Cancellation);

        // Small ones are handed out from memory, and their files looked at once a second.
        (await GetAsync(portal, id, file)).ShouldBe(right);
        portal.Time.Advance(TimeSpan.FromSeconds(1));
        (await GetAsync(portal, id, file)).ShouldBe(right);

        (await File.ReadAllBytesAsync(path, Cancellation)).ShouldBe(right);
        portal.Log.ShouldContain(line => line.Contains("Checksum mismatch of ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_rotted_together_with_its_archive_is_not_handed_out()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        await portal.DeployAsync("K1", 1);
        foreach (
            var archive in Directory.GetFiles(
                Path.Combine(portal.DataFolder, "arch"),
                "K1*",
                SearchOption.AllDirectories
            )
        )
            File.Delete(archive);
        await File.WriteAllBytesAsync(PathOf(portal, "kpatch.bin"), "wrong"u8.ToArray(), Cancellation);

        using var answer = await portal.GetAsync($"/{TestPortal.KernelId}/1/kpatch.bin", id);

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter.ShouldNotBeNull();
    }

    private static async Task<byte[]> GetAsync(TestPortal portal, string id, string file)
    {
        using var answer = await portal.GetAsync($"/{TestPortal.KernelId}/1/{file}", id);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancellation));
        return await answer.Content.ReadAsByteArrayAsync(Cancellation);
    }

    private static string PathOf(TestPortal portal, string file) =>
        Directory.GetFiles(portal.DataFolder, file, SearchOption.AllDirectories).Single();
}
