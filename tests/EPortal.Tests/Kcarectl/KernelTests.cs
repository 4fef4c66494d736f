using EPortal.AgentClient.Wire;
using EPortal.Agents;
using Kcarectl.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Kcarectl;

/// <summary>A kernel that refuses, hesitates, or already has other things to do.</summary>
public sealed class KernelTests : RegisteredHostTests
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Portal.Offer(1, "kpatch_1");
    }

    [Fact]
    public async Task A_refused_module_leaves_no_trace()
    {
        Host.Kernel.InsertError = 22;
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        Host.Error.ShouldBe("kcarectl: the kernel refused the module kpatch_1: Invalid argument (error 22)\n");
        Host.State.Modules.ShouldBeEmpty();
        Portal.Checkins[^1].LastUpdate!.Result.ShouldBe(LastUpdate.Failed);
    }

    [Fact]
    public async Task A_transition_that_does_not_end_is_taken_back()
    {
        await Host.RunAsync("--update");
        Portal.Offer(2, "kpatch_2");
        Host.Kernel.Stuck = true;
        Host.Put("proc/42/patch_state", "0\n");
        Host.Put("proc/42/comm", "sleeper\n");
        Host.Put("proc/43/patch_state", "1\n");
        Host.Put("proc/43/comm", "a\n");
        Host.Put("proc/44/patch_state", "1\n");
        Host.Put("proc/44/comm", "b\n");
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        Host.Error.ShouldContain("did not end within 1 seconds and was reverted; held back by sleeper (42)");
        Host.Kernel.Patches().ShouldBe(["kpatch_1"]);
        Host.Kernel.Loaded.ShouldBe(["kpatch_1"]);
        Portal.Checkins[^1].PatchLevel.ShouldBe(1);
        Host.Kernel.Stuck = false;
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        Portal.Checkins[^1].PatchLevel.ShouldBe(2);
    }

    [Fact]
    public async Task However_long_the_reason_of_a_failure_is_portals_take_the_check_ins_that_tell_it()
    {
        Host.Kernel.Show(new string('x', 220) + "\n", enabled: true, moving: false);
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        Host.Error.ShouldContain("which this agent did not load");

        var told = Portal.Checkins[^1];

        told.LastUpdate!.Message.ShouldStartWith("the kernel runs live patch x");
        CheckInFacts
            .From(told, "192.0.2.1", new DroppedFields())
            .Facts.UpdateResult.ShouldEndWith(told.LastUpdate.Message);
    }

    [Fact]
    public async Task Somebody_elses_live_patch_is_not_replaced()
    {
        Host.Kernel.Show("other_patch", enabled: true, moving: false);
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        Host.Error.ShouldContain("live patch other_patch, which this agent did not load");
        Host.Kernel.Inserted.ShouldBeEmpty();
        await Host.RunAsync("--unload");
        Host.Kernel.Loaded.ShouldBe(["other_patch"]);
    }

    [Fact]
    public async Task Somebody_elses_module_of_the_same_name_is_not_taken_for_ours()
    {
        Directory.CreateDirectory(Host.Paths.Under("sys/module/kpatch_1"));
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        Host.Error.ShouldContain("module kpatch_1 is already loaded, but not by this agent");
        Host.State.Modules.ShouldBeEmpty();
        Host.Kernel.Loaded.ShouldBe(["kpatch_1"]);
    }

    [Fact]
    public async Task A_name_of_before_a_reboot_makes_no_module_ours()
    {
        await Host.RunAsync("--update");
        Host.Kernel.Reboot("boot-2");
        Host.Kernel.Show("kpatch_1", enabled: true, moving: false);
        await Host.RunAsync("--check");
        Portal.Checkins[^1].PatchLevel.ShouldBe(0);
        await Host.RunAsync("--unload");
        Host.Kernel.Loaded.ShouldBe(["kpatch_1"]);
    }

    [Fact]
    public async Task A_module_name_that_is_in_use_is_refused()
    {
        await Host.RunAsync("--update");
        Portal.Offer(2, "kpatch_1");
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        Host.Error.ShouldContain("each level needs its own module name");
        Portal.Checkins[^1].PatchLevel.ShouldBe(1);
    }

    [Fact]
    public async Task A_kernel_without_live_patching_says_so()
    {
        Directory.Delete(Host.Paths.Under("sys/kernel/livepatch"));
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        Host.Error.ShouldContain("no live patching");
    }

    [Fact]
    public async Task Unloading_takes_the_patch_out()
    {
        await Host.RunAsync("--update");
        Host.Kernel.BusyTimes = 3;
        (await Host.RunAsync("--unload")).ShouldBe(ExitCode.Done);
        Host.Kernel.Loaded.ShouldBeEmpty();
        Host.State.Modules.ShouldBeEmpty();
        (await Host.RunAsync("--unload")).ShouldBe(ExitCode.Done);
        Host.Out.ShouldBe("no patch is applied\n");
    }

    [Fact]
    public async Task An_unload_that_does_not_end_is_taken_back()
    {
        await Host.RunAsync("--update");
        Host.Kernel.KeepsPatches = true;
        (await Host.RunAsync("--unload")).ShouldBe(ExitCode.KernelRefused);
        Host.Kernel.StateOrNull("kpatch_1")!.Enabled.ShouldBeTrue();
        (await Host.RunAsync("--uname")).ShouldBe(ExitCode.Done);
        Host.Out.ShouldBe("6.1.0-11\n");
    }

    [Fact]
    public async Task A_transition_of_an_earlier_run_is_waited_for()
    {
        await Host.RunAsync("--update");
        Host.Kernel.Show("kpatch_1", enabled: true, moving: true);
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        Host.Error.ShouldContain("the transition of kpatch_1 has not ended yet");
    }
}
