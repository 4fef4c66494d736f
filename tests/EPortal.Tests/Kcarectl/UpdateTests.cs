using EPortal.AgentClient.Wire;
using Kcarectl.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Kcarectl;

public sealed class UpdateTests : RegisteredHostTests
{
    [Fact]
    public async Task An_update_puts_the_offered_level_into_force_and_reports_it()
    {
        Portal.Offer(1, "kpatch_1");
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        Host.Kernel.Inserted.ShouldBe(["kpatch_1"]);
        Host.Out.ShouldBe("level 1 of K20260101_01 is applied, effective kernel 6.1.0-11\n");
        Host.Error.ShouldBe("");
        Portal.Checkins[0].PatchLevel.ShouldBe(0);
        var told = Portal.Checkins[1];
        (told.PatchLevel, told.Euname, told.Release).ShouldBe((1, "6.1.0-11", "6.1.0-1-test"));
        told.LastUpdate!.ShouldSatisfyAllConditions(
            u => u.Result.ShouldBe(LastUpdate.Ok),
            u => u.Level.ShouldBe(1),
            u => u.Patchset.ShouldBe("K20260101_01"),
            u => u.Message.ShouldBe(""),
            u => u.At.ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1))
        );
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public async Task A_level_is_replaced_by_a_higher_or_lower_one(int first, int second)
    {
        Portal.Offer(first, $"kpatch_{first}");
        await Host.RunAsync("--update");
        Portal.Offer(second, $"kpatch_{second}");
        Host.Kernel.BusyTimes = 3;
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        Host.Kernel.Loaded.ShouldBe([$"kpatch_{second}"]);
        Host.State.Modules.Single().Level.ShouldBe(second);
        Portal.Checkins[^1].PatchLevel.ShouldBe(second);
        Directory
            .GetDirectories(Path.Combine(Host.Paths.CacheFolder, FakeHost.KernelId))
            .Select(Path.GetFileName)
            .ShouldBe([$"{second}"]);
    }

    [Fact]
    public async Task Patches_that_do_not_replace_each_other_are_taken_out_by_hand()
    {
        Host.Kernel.Stacks = true;
        Portal.Offer(1, "kpatch_1");
        await Host.RunAsync("--update");
        Portal.Offer(2, "kpatch_2");
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        Host.Kernel.Patches().ShouldBe(["kpatch_2"]);
        Host.Kernel.Loaded.ShouldBe(["kpatch_2"]);
    }

    [Fact]
    public async Task What_is_in_force_is_left_alone()
    {
        Portal.Offer(1, "kpatch_1");
        await Host.RunAsync("--update");
        var fetched = Portal.Fetched.Count();
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        Host.Out.ShouldBe("level 1 is already applied\n");
        Host.Kernel.Inserted.Count.ShouldBe(1);
        Portal.Fetched.Count().ShouldBe(fetched);
    }

    [Fact]
    public async Task A_reboot_forgets_the_level_and_the_cache_brings_it_back()
    {
        Portal.Offer(1, "kpatch_1");
        await Host.RunAsync("--update");
        var fetched = Portal.Fetched.Count();
        Host.Kernel.Reboot("boot-2");
        (await Host.RunAsync("--uname")).ShouldBe(ExitCode.Done);
        Host.Out.ShouldBe("6.1.0-1-test\n");
        await Host.RunAsync("--update");
        Portal.Checkins[2].PatchLevel.ShouldBe(0);
        Portal.Checkins[^1].PatchLevel.ShouldBe(1);
        Host.Kernel.Inserted.ShouldBe(["kpatch_1", "kpatch_1"]);
        Portal.Fetched.Count().ShouldBe(fetched);
    }

    [Fact]
    public async Task A_level_unloaded_by_hand_is_not_claimed()
    {
        Portal.Offer(1, "kpatch_1");
        await Host.RunAsync("--update");
        Host.Kernel.SetEnabled("kpatch_1", false);
        await Host.RunAsync("--check");
        Portal.Checkins[^1].PatchLevel.ShouldBe(0);
    }

    [Fact]
    public async Task A_run_that_was_killed_is_ended_by_the_next()
    {
        Portal.Offer(1, "kpatch_1");
        await Host.RunAsync("--update");
        // As if the process ended after its record and before the kernel was asked.
        var state = Host.State;
        new global::Kcarectl.State.StateStore(Host.Paths).Save(
            state with
            {
                Modules = [.. state.Modules, state.Modules[0] with { Name = "kpatch_2", Level = 2 }],
            }
        );
        (await Host.RunAsync("--info")).ShouldBe(ExitCode.Done);
        Host.Out.ShouldStartWith("level: 1\n");
        Portal.Offer(2, "kpatch_2");
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        Host.State.Modules.Single().Name.ShouldBe("kpatch_2");
    }

    [Fact]
    public async Task A_host_may_stay_on_a_patchset()
    {
        Host.PointAt(Portal.Address, "STICKY_PATCHSET=K1\n");
        Portal.Offer(2, "kpatch_2");
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        Host.Out.ShouldContain("STICKY_PATCHSET keeps this host on K1");
        Host.Kernel.Inserted.ShouldBeEmpty();
        Portal.Checkins[0].StickyPatchset.ShouldBe("K1");
    }

    [Fact]
    public async Task A_patchset_younger_than_wanted_is_held_back()
    {
        Host.PointAt(Portal.Address, "UPDATE_DELAY=3d\n");
        Portal.Offer(1, "kpatch_1");
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        Host.Out.ShouldContain("K20260101_01 is held back");
        Host.Kernel.Inserted.ShouldBeEmpty();
        Portal.Checkins.Single().UpdateDelay.ShouldBe(3 * 86400);
        Host.PointAt(Portal.Address, "UPDATE_DELAY=1d\n");
        await Host.RunAsync("--update");
        Host.Kernel.Inserted.ShouldBe(["kpatch_1"]);
    }

    [Fact]
    public async Task A_host_whose_clock_is_behind_gets_what_was_released_in_its_future()
    {
        Portal.Offer(1, "kpatch_1", description => description with { Released = DateTimeOffset.UtcNow.AddHours(1) });
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        Host.Kernel.Inserted.ShouldBe(["kpatch_1"]);
    }

    [Fact]
    public async Task Cron_hears_nothing_where_nothing_changes_and_calls_are_spread()
    {
        Portal.Offer(1, "kpatch_1");
        await Host.RunAsync("--auto-update");
        Host.Kernel.Inserted.ShouldBe(["kpatch_1"]);
        (await Host.RunAsync("--auto-update")).ShouldBe(ExitCode.Done);
        (Host.Out + Host.Error).ShouldBe("");
        Host.Pauses.Count.ShouldBe(2);
        Host.Pauses.ShouldAllBe(p => p <= TimeSpan.FromMinutes(10));
        Host.Pauses.Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Automatic_updates_can_be_switched_off()
    {
        Host.PointAt(Portal.Address, "AUTO_UPDATE=False\n");
        Portal.Offer(1, "kpatch_1");
        (await Host.RunAsync("--auto-update")).ShouldBe(ExitCode.Done);
        Portal.Checkins.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unsupported_kernel_is_said_to_be_one()
    {
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Unsupported);
        Host.Error.ShouldBe("kcarectl: the portal has no patch for this kernel\n");

        // Cron mails every line, and this one would come every four hours from every such host.
        (await Host.RunAsync("--auto-update")).ShouldBe(ExitCode.Unsupported);
        (Host.Out + Host.Error).ShouldBe("");
    }

    [Fact]
    public async Task Two_agents_do_not_work_at_once()
    {
        using var other = global::Kcarectl.State.AgentLock.Take(Host.Paths);
        Portal.Offer(1, "kpatch_1");
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.AlreadyRunning);
        Host.Error.ShouldBe("kcarectl: another kcarectl is running on this host\n");
        Portal.Checkins.ShouldBeEmpty();
    }
}
