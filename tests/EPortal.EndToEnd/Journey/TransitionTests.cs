using EPortal.EndToEnd.Kernel;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Journey;

/// <summary>
/// The kernel moves a task to a new level when the task leaves the code that changes. Here one does not leave, and
/// somebody else was there first.
/// </summary>
public sealed class TransitionTests(AgentHost host) : IClassFixture<AgentHost>
{
    [Fact]
    public async Task A_change_that_a_task_holds_back_is_taken_back_and_the_task_is_named()
    {
        await using var site = await Site.OpenAsync(host);
        await HoldAsync(site);
        await host.Guest.ReadAsync("echo TRANSITION_TIMEOUT=2 >> /etc/sysconfig/kcare/kcare.conf");

        var refused = await host.TryAgentAsync("--update");

        refused.ExitCode.ShouldBe(15, refused.ToString());
        refused.Stderr.ShouldContain("the transition to kpatch_demo_2 did not end within 2 seconds and was reverted");
        refused.Stderr.ShouldContain($"held back by cat ({await host.Guest.ReadAsync("cat /tmp/reader")})");
        await host.RunsAsync(AgentHost.Level1, held: true);
        (await site.ServerAsync()).GetProperty("patch_level").GetInt64().ShouldBe(1);
        (await site.HistoryAsync())[0].ShouldContain("held back by cat");

        await ReleaseAsync();
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level2);
        (await host.Guest.ReadAsync("cat /tmp/held")).ShouldBe(
            AgentHost.ShowsLevel1,
            "it was in the old code, and ended there"
        );
    }

    [Fact]
    public async Task An_agent_that_was_killed_in_the_middle_of_a_change_is_understood_by_the_next()
    {
        await using var site = await Site.OpenAsync(host);
        await HoldAsync(site);

        await host.Guest.ReadAsync("kcarectl --update > /tmp/said 2>&1 & echo $! > /tmp/agent");
        await Eventually.IsTrueAsync(
            "the kernel is between the levels",
            async () =>
                (await host.Guest.LivePatchesAsync()).Contains(
                    new LivePatch(AgentHost.Level2, IsEnabled: true, IsInTransition: true)
                )
        );
        (await host.TryAgentAsync("--update")).ExitCode.ShouldBe(16, "one is at work");
        await host.Guest.ReadAsync("kill -KILL $(cat /tmp/agent)");
        await ReleaseAsync();

        (await host.AgentAsync("--update")).ShouldBe("level 2 is already applied");
        await host.RunsAsync(AgentHost.Level2);
        (await site.ServerAsync()).GetProperty("patch_level").GetInt64().ShouldBe(2);
        await host.AgentAsync("--unload");
        await host.RunsAsync(null);
    }

    [Fact]
    public async Task A_live_patch_that_somebody_else_loaded_stays()
    {
        await using var site = await Site.OpenAsync(host);
        await host.AgentAsync($"--register {Site.Key}");
        await host.Guest.PutFileAsync(
            "/tmp/theirs.ko",
            await File.ReadAllBytesAsync(
                host.Laboratory.ModulePath(AgentHost.Level1),
                TestContext.Current.CancellationToken
            )
        );
        await host.Guest.ReadAsync("insmod /tmp/theirs.ko");
        await host.RunsAsync(AgentHost.Level1);
        await site.DeployAsync("K2", 2, AgentHost.Level2);

        var refused = await host.TryAgentAsync("--update");

        refused.ExitCode.ShouldBe(15, refused.ToString());
        refused.Stderr.ShouldContain(
            "the kernel runs live patch kpatch_demo_1, which this agent did not load; it was left alone"
        );
        (await host.AgentAsync("--unload")).ShouldBe("no patch is applied");
        await host.RunsAsync(AgentHost.Level1);
    }

    /// <summary>The host runs level 1 and is offered level 2, and somebody sleeps in the code of level 1.</summary>
    private async Task HoldAsync(Site site)
    {
        await host.AgentAsync($"--register {Site.Key}");
        await site.DeployAsync("K1", 1, AgentHost.Level1);
        await host.AgentAsync("--update");
        await site.DeployAsync("K2", 2, AgentHost.Level2);
        await host.Guest.ReadAsync($"echo 1 > /sys/module/{AgentHost.Level1}/parameters/hold");
        await host.Guest.ReadAsync("cat /proc/cmdline > /tmp/held & echo $! > /tmp/reader");
        await Eventually.IsTrueAsync(
            "the reader sleeps in the patch",
            async () =>
                (await host.Guest.RunAsync("grep -q patched_cmdline_show /proc/$(cat /tmp/reader)/stack")).ExitCode == 0
        );
    }

    private Task ReleaseAsync() => host.Guest.ReadAsync($"echo 0 > /sys/module/{AgentHost.Level1}/parameters/hold");
}
