using EPortal.AgentClient.Wire;
using Kcarectl.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Kcarectl;

/// <summary>A kernel that refuses, hesitates, or already has other things to do.</summary>
public sealed class KernelTests : IAsyncLifetime
{
    private readonly FakeHost _host = new();
    private FakePortal _portal = null!;

    public async ValueTask InitializeAsync()
    {
        _portal = await FakePortal.StartAsync();
        _host.PointAt(_portal.Address);
        _host.Put("etc/sysconfig/kcare/systemid", "server_id=ABCDEFGHIJKLMNOP\n");
        _host.Trust(_portal.Key);
        _portal.Offer(1, "kpatch_1");
    }

    public async ValueTask DisposeAsync()
    {
        await _portal.DisposeAsync();
        _host.Dispose();
    }

    [Fact]
    public async Task A_refused_module_leaves_no_trace()
    {
        _host.Kernel.InsertError = 22;
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        _host.Error.ShouldBe("kcarectl: The kernel refused the module kpatch_1: Invalid argument (error 22).\n");
        _host.State.Modules.ShouldBeEmpty();
        _portal.Checkins[^1].LastUpdate!.Result.ShouldBe(LastUpdate.Failed);
    }

    [Fact]
    public async Task A_transition_that_does_not_end_is_taken_back()
    {
        await _host.RunAsync("--update");
        _portal.Offer(2, "kpatch_2");
        _host.Kernel.Stuck = true;
        _host.Put("proc/42/patch_state", "0\n");
        _host.Put("proc/42/comm", "sleeper\n");
        _host.Put("proc/43/patch_state", "1\n");
        _host.Put("proc/43/comm", "a\n");
        _host.Put("proc/44/patch_state", "1\n");
        _host.Put("proc/44/comm", "b\n");
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        _host.Error.ShouldContain("did not end within 1 seconds and was taken back. Held back by sleeper (42).");
        _host.Kernel.Patches().ShouldBe(["kpatch_1"]);
        _host.Kernel.Loaded.ShouldBe(["kpatch_1"]);
        _portal.Checkins[^1].PatchLevel.ShouldBe(1);
        _host.Kernel.Stuck = false;
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        _portal.Checkins[^1].PatchLevel.ShouldBe(2);
    }

    [Fact]
    public async Task Somebody_elses_live_patch_is_not_replaced()
    {
        _host.Kernel.Show("other_patch", enabled: true, moving: false);
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        _host.Error.ShouldContain("the live patch other_patch, which this agent did not load");
        _host.Kernel.Inserted.ShouldBeEmpty();
        await _host.RunAsync("--unload");
        _host.Kernel.Loaded.ShouldBe(["other_patch"]);
    }

    [Fact]
    public async Task Somebody_elses_module_of_the_same_name_is_not_taken_for_ours()
    {
        Directory.CreateDirectory(_host.Paths.Under("sys/module/kpatch_1"));
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        _host.Error.ShouldContain("A module named kpatch_1, which this agent did not load, is in the kernel already.");
        _host.State.Modules.ShouldBeEmpty();
        _host.Kernel.Loaded.ShouldBe(["kpatch_1"]);
    }

    [Fact]
    public async Task A_name_of_before_a_reboot_makes_no_module_ours()
    {
        await _host.RunAsync("--update");
        _host.Kernel.Reboot("boot-2");
        _host.Kernel.Show("kpatch_1", enabled: true, moving: false);
        await _host.RunAsync("--check");
        _portal.Checkins[^1].PatchLevel.ShouldBe(0);
        await _host.RunAsync("--unload");
        _host.Kernel.Loaded.ShouldBe(["kpatch_1"]);
    }

    [Fact]
    public async Task A_module_name_that_is_in_use_is_refused()
    {
        await _host.RunAsync("--update");
        _portal.Offer(2, "kpatch_1");
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        _host.Error.ShouldContain("each level needs a module name of its own");
        _portal.Checkins[^1].PatchLevel.ShouldBe(1);
    }

    [Fact]
    public async Task A_kernel_without_live_patching_says_so()
    {
        Directory.Delete(_host.Paths.Under("sys/kernel/livepatch"));
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        _host.Error.ShouldContain("no live patching");
    }

    [Fact]
    public async Task Unloading_takes_the_patch_out()
    {
        await _host.RunAsync("--update");
        _host.Kernel.BusyTimes = 3;
        (await _host.RunAsync("--unload")).ShouldBe(ExitCode.Done);
        _host.Kernel.Loaded.ShouldBeEmpty();
        _host.State.Modules.ShouldBeEmpty();
        (await _host.RunAsync("--unload")).ShouldBe(ExitCode.Done);
        _host.Out.ShouldBe("No patch is applied.\n");
    }

    [Fact]
    public async Task An_unload_that_does_not_end_is_taken_back()
    {
        await _host.RunAsync("--update");
        _host.Kernel.KeepsPatches = true;
        (await _host.RunAsync("--unload")).ShouldBe(ExitCode.KernelRefused);
        _host.Kernel.StateOrNull("kpatch_1")!.Enabled.ShouldBeTrue();
        (await _host.RunAsync("--uname")).ShouldBe(ExitCode.Done);
        _host.Out.ShouldBe("6.1.0-11\n");
    }

    [Fact]
    public async Task A_transition_of_an_earlier_run_is_waited_for()
    {
        await _host.RunAsync("--update");
        _host.Kernel.Show("kpatch_1", enabled: true, moving: true);
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.KernelRefused);
        _host.Error.ShouldContain("The transition of kpatch_1 has not ended yet.");
    }
}
