using System.Text.Json;
using EPortal.AgentClient.Wire;
using Kcarectl.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Kcarectl;

/// <summary>What the agent answers, and its exit codes.</summary>
public sealed class QuestionTests : RegisteredHostTests
{
    [Fact]
    public async Task Check_and_status_tell_by_their_exit_codes()
    {
        (await CodesAsync()).ShouldBe((1, 3));
        Portal.Offer(1, "kpatch_1");
        (await CodesAsync()).ShouldBe((0, 1));
        await Host.RunAsync("--update");
        (await CodesAsync()).ShouldBe((1, 0));
        Portal.Offer(2, "kpatch_2");
        (await CodesAsync()).ShouldBe((0, 2));
        Portal.Offer(1, "kpatch_1");
        (await CodesAsync()).ShouldBe((1, 0));
        Host.Kernel.Reboot("boot-2");
        (await CodesAsync()).ShouldBe((0, 1));
    }

    [Theory]
    [InlineData("UPDATE_DELAY=2d\n", "it was released less than UPDATE_DELAY (48 hours) ago")]
    [InlineData("STICKY_PATCHSET=K7\n", "STICKY_PATCHSET keeps this host on K7")]
    public async Task What_this_host_holds_back_is_not_unsupported(string settings, string said)
    {
        Portal.Offer(1, "kpatch_1");
        await Host.RunAsync("--update");
        Host.PointAt(Portal.Address, settings);
        Portal.Answer = new CheckInAnswer { Supported = false, HeldBack = true };

        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        Host.Out.ShouldContain(said);
        (await Host.RunAsync("--auto-update")).ShouldBe(ExitCode.Done);
        (Host.Out + Host.Error).ShouldBeEmpty();
        (await CodesAsync()).ShouldBe((ExitCode.Nothing, ExitCode.Done));
        Host.Kernel.Reboot("boot-2");
        (await CodesAsync()).ShouldBe((ExitCode.Nothing, ExitCode.Nothing));
    }

    [Fact]
    public async Task Failures_have_codes_of_their_own()
    {
        Portal.KnowsServer = false;
        (await CodesAsync()).ShouldBe((ExitCode.NotRegistered, ExitCode.NotRegistered));
        File.Delete(Host.Paths.SystemIdFile);
        (await CodesAsync()).ShouldBe((ExitCode.NotRegistered, ExitCode.NotRegistered));
        Host.Put("etc/sysconfig/kcare/systemid", "server_id=ABCDEFGHIJKLMNOP\n");
        Host.PointAt(new Uri("http://127.0.0.1:1/"));
        (await CodesAsync()).ShouldBe((ExitCode.PortalUnreachable, ExitCode.PortalUnreachable));
        File.Delete(Host.Paths.SettingsFile);
        (await CodesAsync()).ShouldBe((ExitCode.Local, ExitCode.Local));
        Host.Error.ShouldBe("kcarectl: PATCH_SERVER is not set; run kcarectl --set-patch-server URL first\n");
    }

    [Fact]
    public async Task Info_tells_what_is_in_force()
    {
        Portal.Offer(1, "kpatch_1");
        await Host.RunAsync("--update");
        (await Host.RunAsync("--info")).ShouldBe(0);
        Host.Out.ShouldStartWith(
            "level: 1\npatchset: K20260101_01\nkernel: 6.1.0-1-test\neffective kernel: 6.1.0-11\n"
        );
        Host.Out.ShouldContain("last update: ok at ");
        (await Host.RunAsync("--info", "--json")).ShouldBe(0);
        using var json = JsonDocument.Parse(Host.Out);
        json.RootElement.GetProperty("effective_kernel").GetString().ShouldBe("6.1.0-11");
        (await Host.RunAsync("--status", "--json")).ShouldBe(0);
        Host.Out.ShouldBe("{\"status\":\"up-to-date\",\"level\":1,\"offered_level\":1}\n");
    }

    [Fact]
    public async Task Patch_info_is_the_text_that_scanners_read()
    {
        (await Host.RunAsync("--patch-info")).ShouldBe(ExitCode.Nothing);
        Portal.Offer(1, "kpatch_1");
        await Host.RunAsync("--update");
        (await Host.RunAsync("--patch-info")).ShouldBe(0);
        Host.Out.ShouldContain("kpatch-cve: CVE-2026-0001\n");
    }

    [Fact]
    public async Task Facts_are_those_of_this_host()
    {
        await Host.RunAsync("--check");
        var facts = Portal.Checkins.Single();
        facts.ShouldSatisfyAllConditions(
            f => f.ServerId.ShouldBe("ABCDEFGHIJKLMNOP"),
            f => f.KernelId.ShouldBe(FakeHost.KernelId),
            f => f.Hostname.ShouldBe("web-1"),
            f => f.Release.ShouldBe("6.1.0-1-test"),
            f => f.Euname.ShouldBe("6.1.0-1-test"),
            f => f.Version.ShouldBe("#1 SMP"),
            f => f.Uptime.ShouldBe(4711),
            f => f.Machine.ShouldBe("x86_64"),
            f => f.Processor.ShouldBe("Example CPU"),
            f => f.Distro.ShouldBe("debian"),
            f => f.DistroVersion.ShouldBe("12"),
            f => f.Virt.ShouldBe("vm-other"),
            f => f.Tags.ShouldBeNull(),
            f => f.LastUpdate.ShouldBeNull()
        );
    }

    [Theory]
    [InlineData("sys/class/dmi/id/sys_vendor", "QEMU", "qemu")]
    [InlineData("sys/class/dmi/id/sys_vendor", "VMware, Inc.", "vmware")]
    [InlineData("sys/class/dmi/id/product_name", "KVM", "kvm")]
    [InlineData("run/systemd/container", "lxc", "lxc")]
    [InlineData(".dockerenv", "", "docker")]
    [InlineData("proc/cpuinfo", "flags : fpu\n", "none")]
    public async Task The_kind_of_machine_is_guessed(string file, string text, string virt)
    {
        Host.Put(file, text);
        await Host.RunAsync("--check");
        Portal.Checkins.Single().Virt.ShouldBe(virt);
    }

    private async Task<(int Check, int Status)> CodesAsync() =>
        (await Host.RunAsync("--check"), await Host.RunAsync("--status"));
}
