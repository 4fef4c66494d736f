using System.Diagnostics;
using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Journey;

/// <summary>
/// Patches that nobody trusted has made, and patches that were altered: the portal refuses them, and where a portal
/// serves them all the same, the agent does.
/// </summary>
public sealed class HostileArchiveTests(AgentHost host) : IClassFixture<AgentHost>
{
    [Fact]
    public async Task What_the_vendor_has_not_signed_reaches_neither_the_feed_nor_the_kernel()
    {
        await using var site = await Site.OpenAsync(host);
        await host.AgentAsync($"--register {Site.Key}");
        await site.DeployAsync("K1", 1, AgentHost.Level1);
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level1);
        var before = await site.Installation.DoAsync("kcare", "list", "--json");

        await RefusesAsync(site, await ForgedAsync(site, AgentHost.Level2), "is not trusted");
        await RefusesAsync(site, await FlippedAsync(site), "/kpatch.bin");

        (await site.Installation.DoAsync("kcare", "list", "--json")).ShouldBe(before, "nothing is offered");
        (await host.AgentAsync("--update")).ShouldBe("level 1 is already applied");
        await host.RunsAsync(AgentHost.Level1);
    }

    [Fact]
    public async Task A_portal_that_trusts_a_strangers_key_does_not_get_his_patch_into_the_kernel()
    {
        await using var site = await Site.OpenAsync(host);
        using var rogue = new PortalInstallation();
        await ForgedAsync(site, AgentHost.Level2);
        rogue.Environment["EPORTAL_TRUSTED_KEYS"] = $"['{site.Installation.PathOf("stranger.key.pub")}']";
        await using var portal = await rogue.ServeAsync();
        await rogue.DoAsync("key", "-a", Site.Key);
        await rogue.DoAsync("kcare", "deploy", site.Installation.PathOf("K2.tar.gz"));
        await host.PointAgentAtAsync(portal.Address.Port);
        await host.AgentAsync($"--register {Site.Key}");

        var refused = await host.TryAgentAsync("--update");

        refused.ExitCode.ShouldBe(14, refused.ToString());
        refused.Stderr.ShouldContain("is not trusted");
        await host.RunsAsync(null);
    }

    [Fact]
    public async Task A_bit_that_changed_on_the_way_keeps_the_patch_out_of_the_kernel()
    {
        await using var site = await Site.OpenAsync(host);
        await host.AgentAsync($"--register {Site.Key}");
        await site.DeployAsync("K1", 1, AgentHost.Level1);
        foreach (var file in new[] { "kpatch.bin", "patch.json", "patch.json.minisig" })
        {
            await host.Guest.ReadAsync("rm -rf /var/cache/kcare");
            await using var proxy = new FlippingProxy(site.Portal.Address, file);
            await host.PointAgentAtAsync(proxy.Port);

            var refused = await host.TryAgentAsync("--update");

            refused.ExitCode.ShouldBe(14, $"{file}: {refused}");
            proxy.Flipped.ShouldBeGreaterThan(0, file);
            await host.RunsAsync(null);
            (await site.ServerAsync()).GetProperty("update_result").GetString()!.ShouldContain(file);
        }

        await host.PointAgentAtAsync(site.Portal.Address.Port);
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level1);
    }

    [Fact]
    public async Task Files_that_were_exchanged_on_the_portals_disk_are_noticed_and_put_right_before_anybody_gets_them()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var site = await Site.OpenAsync(host);
        using var rogue = new PortalInstallation();
        await site.DeployAsync("K2", 2, AgentHost.Level2);
        rogue.Environment["EPORTAL_TRUSTED_KEYS"] = $"['{site.Installation.PathOf("stranger.key.pub")}']";
        await rogue.DoAsync("kcare", "deploy", await ForgedAsync(site, AgentHost.Level1));
        var (own, forged) = (PatchFolder(site.Installation), PatchFolder(rogue));
        await host.AgentAsync($"--register {Site.Key}");

        string[] files = ["kpatch.bin", "patch.json", "patch.json.minisig"];
        foreach (var exchanged in new[] { files[..1], files[1..], files })
        {
            var before = exchanged.ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(own, file)));
            foreach (var file in exchanged)
                File.Copy(Path.Combine(forged, file), Path.Combine(own, file), overwrite: true);
            await host.Guest.ReadAsync("rm -rf /var/cache/kcare");

            var updated = await host.TryAgentAsync("--update");

            updated.ExitCode.ShouldBe(0, $"{updated}\n{site.Portal.Errors}");
            await host.RunsAsync(AgentHost.Level2);
            foreach (var file in exchanged)
                (await File.ReadAllBytesAsync(Path.Combine(own, file), cancel)).ShouldBe(before[file], file);
            site.Portal.Errors.ShouldContain("Checksum mismatch of ");
            await host.AgentAsync("--unload");
        }
    }

    private static string PatchFolder(PortalInstallation portal) =>
        Path.GetDirectoryName(Directory.GetFiles(portal.DataDir, "kpatch.bin", SearchOption.AllDirectories).Single())!;

    /// <summary>A patch of level 2, signed by somebody else.</summary>
    private static async Task<string> ForgedAsync(Site site, string module)
    {
        await site.Installation.DoAsync("patchset", "keygen", site.Installation.PathOf("stranger.key"));
        return await site.BuildAsync("K2", 2, module, "stranger.key");
    }

    /// <summary>A patch of level 3 that the vendor signed, with one bit of its module turned.</summary>
    private static async Task<string> FlippedAsync(Site site)
    {
        var good = await site.BuildAsync("K3", 3, AgentHost.Level2);
        var plain = site.Installation.PathOf("K3-flipped.tar");
        using (var unpack = Process.Start("/bin/sh", ["-c", $"gzip -dc '{good}' > '{plain}'"]))
            await unpack.WaitForExitAsync(TestContext.Current.CancellationToken);
        var bytes = await File.ReadAllBytesAsync(plain, TestContext.Current.CancellationToken);
        var module = bytes.AsSpan().IndexOf("\u007fELF"u8);
        bytes[module + 1000] ^= 1;
        await File.WriteAllBytesAsync(plain, bytes, TestContext.Current.CancellationToken);
        return plain;
    }

    private static async Task RefusesAsync(Site site, string archive, string why)
    {
        var refused = await site.Installation.TryAsync("kcare", "deploy", archive);
        refused.ExitCode.ShouldBe(1, refused.ToString());
        refused.Stderr.ShouldContain("error: ");
        refused.Stderr.ShouldContain(why);
    }
}
