using EPortal.EndToEnd.Kernel;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Journey;

/// <summary>A live patch travels from a file into a running kernel and out of it again.</summary>
public sealed class PatchJourneyTests
{
    private const string Level1 = "kpatch_demo_1";
    private const string Level2 = "kpatch_demo_2";
    private const string ShowsLevel1 = "this has been live patched, level 1";
    private const string ShowsLevel2 = "this has been live patched, level 2";

    [Fact]
    public async Task A_host_registers_and_follows_its_feed_up_and_down()
    {
        await using var site = await Site.OpenAsync();
        var unpatched = await site.Guest.CommandLineAsync();

        await site.AgentAsync($"--register {Site.Key}");
        (await site.Installation.DoAsync("--list-servers")).ShouldContain($"1 | {Site.Key}");
        (await site.TryAgentAsync("--status")).ExitCode.ShouldBe(3, "the feed has nothing for this kernel");

        await site.DeployAsync("K20260101_01", 1, Level1);
        (await site.TryAgentAsync("--check")).ExitCode.ShouldBe(0);
        (await site.TryAgentAsync("--status")).ExitCode.ShouldBe(1);
        await site.AgentAsync("--update");
        await site.Guest.SettledAsync(Level1);
        (await site.Guest.CommandLineAsync()).ShouldBe(ShowsLevel1);
        await ReportsAsync(site, level: 1, "uptodate", "6.1.101-1");
        (await site.AgentAsync("--patch-info")).ShouldContain("CVE-2026-1001");
        (await site.AgentAsync("--uname")).ShouldBe("6.1.101-1");

        await site.DeployAsync("K20260102_01", 2, Level2);
        (await site.TryAgentAsync("--status")).ExitCode.ShouldBe(2);
        await site.Guest.ReadAsync("echo AUTO_UPDATE_SPREAD=0 >> /etc/sysconfig/kcare/kcare.conf");
        await site.AgentAsync("--auto-update");
        await site.Guest.SettledAsync(Level2);
        (await site.Guest.CommandLineAsync()).ShouldBe(ShowsLevel2);
        await ReportsAsync(site, level: 2, "uptodate", "6.1.102-1");

        await site.RestartPortalAsync();
        (await site.Installation.DoAsync("kcare", "unroll", "K20260102_01")).ShouldBe("K20260102_01 was unrolled from main");
        await site.AgentAsync("--update");
        await site.Guest.SettledAsync(Level1);
        (await site.Guest.CommandLineAsync()).ShouldBe(ShowsLevel1);
        await ReportsAsync(site, level: 1, "uptodate", "6.1.101-1");

        await site.AgentAsync("--unload");
        await site.Guest.SettledAsync();
        (await site.Guest.CommandLineAsync()).ShouldBe(unpatched);
        (await site.Guest.RunAsync($"test -e /sys/module/{Level1}")).ExitCode.ShouldBe(1);

        var id = (await site.ServerAsync()).GetProperty("id").GetString()!;
        var history = await site.Installation.DoAsync("server", "history", id);
        history.ShouldContain("level");
        await site.AgentAsync("--unregister");
        (await site.Installation.DoAsync("server", "list", "--json")).ShouldBe("[]");
        (await site.TryAgentAsync("--update")).ExitCode.ShouldBe(11, "it is not registered any more");
    }

    [Fact]
    public async Task A_patch_that_the_kernel_refuses_is_reported_and_leaves_what_ran()
    {
        await using var site = await Site.OpenAsync();
        await site.AgentAsync($"--register {Site.Key}");
        await site.DeployAsync("K1", 1, Level1);
        await site.AgentAsync("--update");
        await site.Guest.SettledAsync(Level1);

        await site.DeployAsync("K2", 2, "kpatch_demo_bad");
        var refused = await site.TryAgentAsync("--update");

        refused.ExitCode.ShouldBe(15, refused.ToString());
        refused.Stderr.ShouldContain("kernel");
        await site.Guest.SettledAsync(Level1);
        (await site.Guest.CommandLineAsync()).ShouldBe(ShowsLevel1);
        (await site.TryAgentAsync("--status")).ExitCode.ShouldBe(2, "the agent has told by now");
        var server = await site.ServerAsync();
        server.GetProperty("patch_level").GetInt64().ShouldBe(1);
        server.GetProperty("status").GetString().ShouldBe("outofdate");
        server.GetProperty("update_result").GetString()!.ShouldContain("failed");
    }

    /// <summary>What the portal knows after the check-in that follows an update, and what the agent tells by itself.</summary>
    private static async Task ReportsAsync(Site site, int level, string status, string euname)
    {
        (await site.TryAgentAsync("--status")).ExitCode.ShouldBe(0);
        var server = await site.ServerAsync();
        server.GetProperty("patch_level").GetInt64().ShouldBe(level);
        server.GetProperty("status").GetString().ShouldBe(status);
        server.GetProperty("euname").GetString().ShouldBe(euname);
        server.GetProperty("kernel_id").GetString()!.Length.ShouldBe(40);
        (await site.AgentAsync("--info")).ShouldContain($"level: {level}");
    }
}
