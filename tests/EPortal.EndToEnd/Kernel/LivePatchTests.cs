using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Kernel;

public sealed class LivePatchTests(GuestFixture fixture) : IClassFixture<GuestFixture>, IAsyncLifetime
{
    private const string Level1 = "kpatch_demo_1";
    private const string Level2 = "kpatch_demo_2";
    private const string Bad = "kpatch_demo_bad";
    private const string ShowsLevel1 = "this has been live patched, level 1";
    private const string ShowsLevel2 = "this has been live patched, level 2";

    private GuestMachine Guest => fixture.Guest;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await Guest.ForgetLivePatchesAsync();

    [Fact]
    public async Task A_patch_changes_the_running_kernel_and_its_removal_restores_it()
    {
        var before = await Guest.CommandLineAsync();
        before.ShouldStartWith("console=ttyS0 ");

        (await Guest.InsertModuleAsync(Level1)).ExitCode.ShouldBe(0);
        await Guest.SettledAsync(Level1);
        (await Guest.CommandLineAsync()).ShouldBe(ShowsLevel1);
        (await Guest.RunAsync($"rmmod {Level1}")).ExitCode.ShouldBe(1, "an applied patch is in use");

        await Guest.ReadAsync($"echo 0 > /sys/kernel/livepatch/{Level1}/enabled");
        await Guest.SettledAsync();
        await Guest.RemoveModuleAsync(Level1);
        (await Guest.CommandLineAsync()).ShouldBe(before);
        (await Guest.RunAsync($"test -e /sys/module/{Level1}")).ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task A_patch_replaces_the_one_before_it_upwards_and_downwards()
    {
        await Guest.InsertModuleAsync(Level1);
        await Guest.SettledAsync(Level1);

        await Guest.InsertModuleAsync(Level2);
        await Guest.SettledAsync(Level2);
        (await Guest.CommandLineAsync()).ShouldBe(ShowsLevel2);
        (await Guest.InsertModuleAsync(Level1)).ExitCode.ShouldNotBe(0, "the replaced module is still loaded");

        await Guest.RemoveModuleAsync(Level1);
        (await Guest.InsertModuleAsync(Level1)).ExitCode.ShouldBe(0);
        await Guest.SettledAsync(Level1);
        (await Guest.CommandLineAsync()).ShouldBe(ShowsLevel1);
        await Guest.RemoveModuleAsync(Level2);
    }

    [Fact]
    public async Task A_transition_waits_for_whoever_runs_the_old_code()
    {
        await Guest.InsertModuleAsync(Level1);
        await Guest.SettledAsync(Level1);
        await Guest.ReadAsync($"echo 1 > /sys/module/{Level1}/parameters/hold");
        await Guest.ReadAsync("cat /proc/cmdline > /tmp/held & echo $! > /tmp/reader");
        await Eventually.IsTrueAsync(
            "the reader sleeps in the patch",
            async () =>
                (await Guest.RunAsync("grep -q patched_cmdline_show /proc/$(cat /tmp/reader)/stack")).ExitCode == 0
        );

        (await Guest.InsertModuleAsync(Level2)).ExitCode.ShouldBe(0);
        (await Guest.LivePatchesAsync()).ShouldBe([new(Level1, true, false), new(Level2, true, true)]);
        (await Guest.CommandLineAsync()).ShouldBe(ShowsLevel2, "a new process runs the new code");

        await Guest.ReadAsync($"echo 0 > /sys/module/{Level1}/parameters/hold");
        await Guest.SettledAsync(Level2);
        (await Guest.ReadAsync("cat /tmp/held")).ShouldBe(ShowsLevel1);
        await Guest.RemoveModuleAsync(Level1);
    }

    [Fact]
    public async Task A_patch_for_another_kernel_is_refused_and_leaves_nothing()
    {
        await Guest.InsertModuleAsync(Level1);
        await Guest.SettledAsync(Level1);

        (await Guest.InsertModuleAsync(Bad)).ExitCode.ShouldNotBe(0);

        (await Guest.LivePatchesAsync()).ShouldBe([new(Level1, true, false)]);
        (await Guest.RunAsync($"test -e /sys/module/{Bad}")).ExitCode.ShouldBe(1);
        (await Guest.CommandLineAsync()).ShouldBe(ShowsLevel1);
    }
}
