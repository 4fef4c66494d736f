using System.Text.Json;
using Kcarectl.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Kcarectl;

/// <summary>What the agent answers, and its exit codes.</summary>
public sealed class QuestionTests : IAsyncLifetime
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
    public async Task Check_and_status_tell_by_their_exit_codes()
    {
        (await CodesAsync()).ShouldBe((1, 3));
        _portal.Offer(1, "kpatch_1");
        (await CodesAsync()).ShouldBe((0, 1));
        await _host.RunAsync("--update");
        (await CodesAsync()).ShouldBe((1, 0));
        _portal.Offer(2, "kpatch_2");
        (await CodesAsync()).ShouldBe((0, 2));
        _portal.Offer(1, "kpatch_1");
        (await CodesAsync()).ShouldBe((1, 0));
        _host.Kernel.Reboot("boot-2");
        (await CodesAsync()).ShouldBe((0, 1));
    }

    [Fact]
    public async Task Failures_have_codes_of_their_own()
    {
        _portal.KnowsServer = false;
        (await CodesAsync()).ShouldBe((ExitCode.NotRegistered, ExitCode.NotRegistered));
        File.Delete(_host.Paths.SystemIdFile);
        (await CodesAsync()).ShouldBe((ExitCode.NotRegistered, ExitCode.NotRegistered));
        _host.Put("etc/sysconfig/kcare/systemid", "server_id=ABCDEFGHIJKLMNOP\n");
        _host.PointAt(new Uri("http://127.0.0.1:1/"));
        (await CodesAsync()).ShouldBe((ExitCode.PortalUnreachable, ExitCode.PortalUnreachable));
        File.Delete(_host.Paths.SettingsFile);
        (await CodesAsync()).ShouldBe((ExitCode.Local, ExitCode.Local));
        _host.Error.ShouldBe("kcarectl: PATCH_SERVER is not set; run kcarectl --set-patch-server URL first.\n");
    }

    [Fact]
    public async Task Info_tells_what_is_in_force()
    {
        _portal.Offer(1, "kpatch_1");
        await _host.RunAsync("--update");
        (await _host.RunAsync("--info")).ShouldBe(0);
        _host.Out.ShouldStartWith(
            "level: 1\npatchset: K20260101_01\nkernel: 6.1.0-1-test\neffective kernel: 6.1.0-11\n");
        _host.Out.ShouldContain("last update: ok at ");
        (await _host.RunAsync("--info", "--json")).ShouldBe(0);
        using var json = JsonDocument.Parse(_host.Out);
        json.RootElement.GetProperty("effective_kernel").GetString().ShouldBe("6.1.0-11");
        (await _host.RunAsync("--status", "--json")).ShouldBe(0);
        _host.Out.ShouldBe("{\"status\":\"up-to-date\",\"level\":1,\"offered_level\":1}\n");
    }

    [Fact]
    public async Task Patch_info_is_the_text_that_scanners_read()
    {
        (await _host.RunAsync("--patch-info")).ShouldBe(ExitCode.Nothing);
        _portal.Offer(1, "kpatch_1");
        await _host.RunAsync("--update");
        (await _host.RunAsync("--patch-info")).ShouldBe(0);
        _host.Out.ShouldContain("kpatch-cve: CVE-2026-0001\n");
    }

    [Fact]
    public async Task Facts_are_those_of_this_host()
    {
        await _host.RunAsync("--check");
        var facts = _portal.Checkins.Single();
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
            f => f.LastUpdate.ShouldBeNull());
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
        _host.Put(file, text);
        await _host.RunAsync("--check");
        _portal.Checkins.Single().Virt.ShouldBe(virt);
    }

    private async Task<(int Check, int Status)> CodesAsync() =>
        (await _host.RunAsync("--check"), await _host.RunAsync("--status"));
}
