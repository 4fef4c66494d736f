using EPortal.AgentClient.Wire;
using Kcarectl.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Kcarectl;

public sealed class UpdateTests : IAsyncLifetime
{
    private readonly FakeHost _host = new();
    private FakePortal _portal = null!;

    public async ValueTask InitializeAsync()
    {
        _portal = await FakePortal.StartAsync();
        _host.PointAt(_portal.Address);
        _host.Put("etc/sysconfig/kcare/systemid", "server_id=ABCDEFGHIJKLMNOP\n");
        _host.Trust(_portal.Key);
    }

    public async ValueTask DisposeAsync()
    {
        await _portal.DisposeAsync();
        _host.Dispose();
    }

    [Fact]
    public async Task An_update_puts_the_offered_level_into_force_and_reports_it()
    {
        _portal.Offer(1, "kpatch_1");
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        _host.Kernel.Inserted.ShouldBe(["kpatch_1"]);
        _host.Out.ShouldBe("Level 1 of K20260101_01 is in force; effective kernel 6.1.0-11.\n");
        _host.Error.ShouldBe("");
        _portal.Checkins[0].PatchLevel.ShouldBe(0);
        var told = _portal.Checkins[1];
        (told.PatchLevel, told.Euname, told.Release).ShouldBe((1, "6.1.0-11", "6.1.0-1-test"));
        told.LastUpdate!.ShouldSatisfyAllConditions(
            u => u.Result.ShouldBe(LastUpdate.Ok),
            u => u.Level.ShouldBe(1),
            u => u.Patchset.ShouldBe("K20260101_01"),
            u => u.Message.ShouldBe(""),
            u => u.At.ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1)));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public async Task A_level_is_replaced_by_a_higher_or_lower_one(int first, int second)
    {
        _portal.Offer(first, $"kpatch_{first}");
        await _host.RunAsync("--update");
        _portal.Offer(second, $"kpatch_{second}");
        _host.Kernel.BusyTimes = 3;
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        _host.Kernel.Loaded.ShouldBe([$"kpatch_{second}"]);
        _host.State.Modules.Single().Level.ShouldBe(second);
        _portal.Checkins[^1].PatchLevel.ShouldBe(second);
        Directory.GetDirectories(Path.Combine(_host.Paths.CacheFolder, FakeHost.KernelId))
            .Select(Path.GetFileName).ShouldBe([$"{second}"]);
    }

    [Fact]
    public async Task Patches_that_do_not_replace_each_other_are_taken_out_by_hand()
    {
        _host.Kernel.Stacks = true;
        _portal.Offer(1, "kpatch_1");
        await _host.RunAsync("--update");
        _portal.Offer(2, "kpatch_2");
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        _host.Kernel.Patches().ShouldBe(["kpatch_2"]);
        _host.Kernel.Loaded.ShouldBe(["kpatch_2"]);
    }

    [Fact]
    public async Task What_is_in_force_is_left_alone()
    {
        _portal.Offer(1, "kpatch_1");
        await _host.RunAsync("--update");
        var fetched = _portal.Fetched.Count();
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        _host.Out.ShouldBe("Level 1 is in force already.\n");
        _host.Kernel.Inserted.Count.ShouldBe(1);
        _portal.Fetched.Count().ShouldBe(fetched);
    }

    [Fact]
    public async Task A_reboot_forgets_the_level_and_the_cache_brings_it_back()
    {
        _portal.Offer(1, "kpatch_1");
        await _host.RunAsync("--update");
        var fetched = _portal.Fetched.Count();
        _host.Kernel.Reboot("boot-2");
        (await _host.RunAsync("--uname")).ShouldBe(ExitCode.Done);
        _host.Out.ShouldBe("6.1.0-1-test\n");
        await _host.RunAsync("--update");
        _portal.Checkins[2].PatchLevel.ShouldBe(0);
        _portal.Checkins[^1].PatchLevel.ShouldBe(1);
        _host.Kernel.Inserted.ShouldBe(["kpatch_1", "kpatch_1"]);
        _portal.Fetched.Count().ShouldBe(fetched);
    }

    [Fact]
    public async Task A_level_unloaded_by_hand_is_not_claimed()
    {
        _portal.Offer(1, "kpatch_1");
        await _host.RunAsync("--update");
        _host.Kernel.SetEnabled("kpatch_1", false);
        await _host.RunAsync("--check");
        _portal.Checkins[^1].PatchLevel.ShouldBe(0);
    }

    [Fact]
    public async Task A_run_that_was_killed_is_ended_by_the_next()
    {
        _portal.Offer(1, "kpatch_1");
        await _host.RunAsync("--update");
        // As if the process ended after its record and before the kernel was asked.
        var state = _host.State;
        new global::Kcarectl.State.StateStore(_host.Paths).Save(state with
        {
            Modules = [.. state.Modules, state.Modules[0] with { Name = "kpatch_2", Level = 2 }],
        });
        (await _host.RunAsync("--info")).ShouldBe(ExitCode.Done);
        _host.Out.ShouldStartWith("level: 1\n");
        _portal.Offer(2, "kpatch_2");
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        _host.State.Modules.Single().Name.ShouldBe("kpatch_2");
    }

    [Fact]
    public async Task A_host_may_stay_on_a_patchset()
    {
        _host.PointAt(_portal.Address, "STICKY_PATCHSET=K1\n");
        _portal.Offer(2, "kpatch_2");
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        _host.Out.ShouldContain("STICKY_PATCHSET keeps this host on K1");
        _host.Kernel.Inserted.ShouldBeEmpty();
        _portal.Checkins[0].StickyPatchset.ShouldBe("K1");
    }

    [Fact]
    public async Task A_patchset_younger_than_wanted_is_held_back()
    {
        _host.PointAt(_portal.Address, "UPDATE_DELAY=3d\n");
        _portal.Offer(1, "kpatch_1");
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        _host.Out.ShouldContain("K20260101_01 is held back");
        _host.Kernel.Inserted.ShouldBeEmpty();
        _portal.Checkins.Single().UpdateDelay.ShouldBe(3 * 86400);
        _host.PointAt(_portal.Address, "UPDATE_DELAY=1d\n");
        await _host.RunAsync("--update");
        _host.Kernel.Inserted.ShouldBe(["kpatch_1"]);
    }

    [Fact]
    public async Task Cron_hears_nothing_where_nothing_changes_and_calls_are_spread()
    {
        _portal.Offer(1, "kpatch_1");
        await _host.RunAsync("--auto-update");
        _host.Kernel.Inserted.ShouldBe(["kpatch_1"]);
        (await _host.RunAsync("--auto-update")).ShouldBe(ExitCode.Done);
        (_host.Out + _host.Error).ShouldBe("");
        _host.Pauses.Count.ShouldBe(2);
        _host.Pauses.ShouldAllBe(p => p <= TimeSpan.FromMinutes(10));
        _host.Pauses.Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Automatic_updates_can_be_switched_off()
    {
        _host.PointAt(_portal.Address, "AUTO_UPDATE=False\n");
        _portal.Offer(1, "kpatch_1");
        (await _host.RunAsync("--auto-update")).ShouldBe(ExitCode.Done);
        _portal.Checkins.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unsupported_kernel_is_said_to_be_one()
    {
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.Unsupported);
        _host.Error.ShouldBe("kcarectl: The portal has no patch for this kernel.\n");
    }

    [Fact]
    public async Task Two_agents_do_not_work_at_once()
    {
        using var other = global::Kcarectl.State.AgentLock.Take(_host.Paths);
        _portal.Offer(1, "kpatch_1");
        (await _host.RunAsync("--update")).ShouldBe(ExitCode.AlreadyRunning);
        _host.Error.ShouldBe("kcarectl: Another kcarectl is at work on this host.\n");
        _portal.Checkins.ShouldBeEmpty();
    }
}
