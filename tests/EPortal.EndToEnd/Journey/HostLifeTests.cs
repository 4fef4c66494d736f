using System.Globalization;
using System.Security.Cryptography;
using EPortal.EndToEnd.Kernel;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Journey;

/// <summary>What comes over a host in its life: it is installed, its portal dies, it loses power.</summary>
public sealed class HostLifeTests(AgentHost host) : IClassFixture<AgentHost>
{
    private const int LargeBytes = 24 << 20;
    private const string Report = "kpatch.html";

    [Fact]
    public async Task A_bare_host_gets_the_agent_from_its_portal_but_not_one_that_was_altered()
    {
        await using var site = await Site.OpenAsync(host);
        await site.DeployAsync("K1", 1, AgentHost.Level1);
        await host.Guest.ReadAsync("rm -r /usr/bin/kcarectl /etc/sysconfig; mkdir -p /etc/cron.d");

        await using (var proxy = new FlippingProxy(site.Portal.Address, "kcarectl"))
        {
            var refused = await InstallAsync(proxy.Port);
            refused.ExitCode.ShouldBe(1, refused.ToString());
            refused.Stderr.ShouldContain("checksum mismatch of the agent, not installed");
            proxy.Flipped.ShouldBe(1);
        }

        (await host.Guest.ReadAsync("ls -A /usr/bin | grep kcarectl || true")).ShouldBeEmpty();
        (await InstallAsync(site.Portal.Address.Port)).ExitCode.ShouldBe(0);
        (await host.Guest.ReadAsync("cat /etc/cron.d/kcare-cron")).ShouldBe(
            "MAILTO=ops@example.com\n17 */4 * * * root /usr/bin/kcarectl --auto-update\n@reboot root /usr/bin/kcarectl --update"
        );
        await host.AgentAsync($"--register {Site.Key}");
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level1);
    }

    [Fact]
    public async Task A_portal_that_dies_takes_no_host_with_it_and_a_broken_download_goes_on()
    {
        await using var site = await Site.OpenAsync(host);
        await host.AgentAsync($"--register {Site.Key}");
        await site.DeployAsync("K1", 1, AgentHost.Level1);
        await host.AgentAsync("--update");
        var large = site.Installation.PathOf(Report);
        await File.WriteAllBytesAsync(
            large,
            RandomNumberGenerator.GetBytes(LargeBytes),
            TestContext.Current.CancellationToken
        );
        await site.DeployAsync("K2", 2, AgentHost.Level2, $"{Report}={large}");

        await host.Guest.ReadAsync("(kcarectl --update > /tmp/said 2>&1; echo $? > /tmp/code) &");
        await Eventually.IsTrueAsync("some of the large file has come", async () => await PartAsync() > 0);
        await site.KillPortalAsync();
        var part = await PartAsync();
        part.ShouldBeInRange(1, LargeBytes - 1, "the portal died in the middle of it");
        await host.RunsAsync(AgentHost.Level1);
        (await host.AgentAsync("--info")).ShouldContain("level: 1\npatchset: K1\n");
        var alone = await host.TryAgentAsync("--status");
        alone.ExitCode.ShouldBe(12, alone.ToString());
        alone.Stderr.ShouldContain($"cannot reach the portal at {site.AddressInGuest.TrimEnd('/')}: ");

        await site.StartPortalAsync();
        await Eventually.IsTrueAsync(
            "the update has ended",
            async () => (await host.Guest.RunAsync("test -e /tmp/code")).ExitCode == 0
        );
        if (await host.Guest.ReadAsync("cat /tmp/code") != "0")
        {
            // It had given up before the portal was back; cron comes again.
            (await host.Guest.ReadAsync("cat /tmp/said")).ShouldContain("cannot reach the portal");
            (await PartAsync()).ShouldBeGreaterThanOrEqualTo(part, "what has come is kept");
            await host.AgentAsync("--update");
        }

        await host.RunsAsync(AgentHost.Level2);
        (await site.ServerAsync()).GetProperty("patch_level").GetInt64().ShouldBe(2);
        (await host.AgentAsync("--status")).ShouldBe("level 2 is applied and up to date");
    }

    [Fact]
    public async Task A_host_that_lost_power_says_so_and_is_patched_again_from_what_it_has()
    {
        await using var site = await Site.OpenAsync(host);
        await host.AgentAsync($"--register {Site.Key}");
        await site.DeployAsync("K1", 1, AgentHost.Level1);
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level1);

        await host.RebootAsync();

        await host.RunsAsync(null);
        (await host.AgentAsync("--info")).ShouldContain("level: 0\npatchset: none\n");
        (await host.TryAgentAsync("--status")).ExitCode.ShouldBe(1, "nothing is applied");
        (await site.ServerAsync()).GetProperty("patch_level").GetInt64().ShouldBe(0);
        await using var proxy = new FlippingProxy(site.Portal.Address, "kpatch.bin");
        await host.PointAgentAtAsync(proxy.Port);
        await host.AgentAsync("--update");
        proxy.Flipped.ShouldBe(0, "it was not fetched again");
        await host.RunsAsync(AgentHost.Level1);
        (await site.ServerAsync()).GetProperty("patch_level").GetInt64().ShouldBe(1);
    }

    private Task<CommandResult> InstallAsync(int port) =>
        host.Guest.RunAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"curl -fsS http://{GuestMachine.HostAddress}:{port}/install-kernelcare | KCARE_MAILTO=ops@example.com sh"
            )
        );

    /// <summary>How much of the large file is here, in bytes.</summary>
    private async Task<long> PartAsync() =>
        long.Parse(
            await host.Guest.ReadAsync($"stat -c %s /var/cache/kcare/*/2/{Report}.part 2> /dev/null || echo 0"),
            CultureInfo.InvariantCulture
        );
}
