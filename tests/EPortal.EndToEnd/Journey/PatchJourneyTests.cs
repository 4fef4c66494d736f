using System.Globalization;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Journey;

/// <summary>A live patch travels from a file into a running kernel and out of it again.</summary>
public sealed class PatchJourneyTests(AgentHost host) : IClassFixture<AgentHost>
{
    [Fact]
    public async Task A_host_registers_and_follows_its_feed_up_and_down()
    {
        await using var site = await Site.OpenAsync(host);
        await RegistersAsync(site);

        await site.DeployAsync("K20260101_01", 1, AgentHost.Level1);
        await SaysAsync("--check", 0, "level 1 of K20260101_01 is available");
        await SaysAsync("--status", 1, "no patch is applied");
        (await host.AgentAsync("--update")).ShouldBe(
            $"level 1 of K20260101_01 is applied, effective kernel {Site.Euname(1)}"
        );
        await host.RunsAsync(AgentHost.Level1);
        await AgreesAsync(site, 1, "K20260101_01");
        await SaysAsync("--update", 0, "level 1 is already applied");

        await site.DeployAsync("K20260102_01", 2, AgentHost.Level2);
        await SaysAsync("--status", 2, "level 1 is applied, level 2 is available");
        await host.Guest.ReadAsync("echo AUTO_UPDATE_SPREAD=0 >> /etc/sysconfig/kcare/kcare.conf");
        await host.AgentAsync("--auto-update");
        await host.RunsAsync(AgentHost.Level2);
        await AgreesAsync(site, 2, "K20260102_01");
        (await host.AgentAsync("--auto-update")).ShouldBeEmpty("cron mails what is said, and nothing changed");

        (await site.Installation.DoAsync("kcare", "unroll", "K20260102_01")).ShouldBe(
            "K20260102_01 was unrolled from main"
        );
        await SaysAsync("--check", 0, "level 1 of K20260101_01 is available");
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level1);
        await AgreesAsync(site, 1, "K20260101_01");

        (await host.AgentAsync("--unload")).ShouldBe("the patch is unloaded");
        await host.RunsAsync(null);
        await SaysAsync("--patch-info", 1, "");
        await SaysAsync("--status", 1, "no patch is applied");
        (await site.ServerAsync()).GetProperty("patch_level").GetInt64().ShouldBe(0);
        (await site.HistoryAsync())
            .Where(line => line.StartsWith("level: ", StringComparison.Ordinal))
            .ShouldBe(["level: 1 -> 0", "level: 2 -> 1", "level: 1 -> 2", "level: 0 -> 1"]);

        await host.AgentAsync("--unregister");
        (await site.Installation.DoAsync("server", "list", "--json")).ShouldBe("[]");
        (await host.TryAgentAsync("--update")).ExitCode.ShouldBe(11, "it is not registered any more");
    }

    [Fact]
    public async Task A_patch_that_the_kernel_refuses_is_reported_and_leaves_what_ran()
    {
        await using var site = await Site.OpenAsync(host);
        await host.AgentAsync($"--register {Site.Key}");
        await site.DeployAsync("K1", 1, AgentHost.Level1);
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level1);

        await site.DeployAsync("K2", 2, AgentHost.Bad);
        var refused = await host.TryAgentAsync("--update");

        refused.ExitCode.ShouldBe(15, refused.ToString());
        refused.Stderr.ShouldContain("The kernel refused the module kpatch_demo_bad");
        refused.Stderr.Trim().ShouldNotContain("\n", Case.Sensitive, "one sentence");
        await host.RunsAsync(AgentHost.Level1);
        await SaysAsync("--status", 2, "level 1 is applied, level 2 is available");
        (await host.AgentAsync("--info")).ShouldContain("last update: failed at ");
        var server = await site.ServerAsync();
        server.GetProperty("patch_level").GetInt64().ShouldBe(1);
        server.GetProperty("status").GetString().ShouldBe("outofdate");
        server.GetProperty("update_result").GetString()!.ShouldContain("failed");
        (await site.HistoryAsync())[0].ShouldStartWith("update: ok -> failed");
        (await site.HistoryAsync())[0].ShouldContain("kpatch_demo_bad");

        await site.DeployAsync("K3", 3, AgentHost.Level2);
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level2);
        (await site.ServerAsync()).GetProperty("update_result").GetString().ShouldBe("ok");
    }

    private async Task RegistersAsync(Site site)
    {
        await host.AgentAsync($"--register {Site.Key}");
        (await site.Installation.DoAsync("--list-servers")).ShouldContain($"1 | {Site.Key}");
        await SaysAsync("--status", 3, "the portal has no patch for this kernel");
        await SaysAsync("--check", 1, "the portal has no patch for this kernel");
        (await host.TryAgentAsync("--update")).ExitCode.ShouldBe(3);
        await host.AgentAsync("--tag 'env:lab;kernel'");

        var server = await site.ServerAsync();
        server.GetProperty("hostname").GetString().ShouldBe("guest");
        server.GetProperty("key").GetString().ShouldBe(Site.Key);
        server.GetProperty("tags").GetString().ShouldBe("env:lab;kernel");
        server.GetProperty("status").GetString().ShouldBe("unsupported");
        server.GetProperty("release").GetString().ShouldBe(host.Laboratory.Release);
        server.GetProperty("machine").GetString().ShouldBe("x86_64");
        server.GetProperty("kernel_id").GetString().ShouldBe(await KernelIdAsync());
        (await host.Guest.ReadAsync("cat /etc/sysconfig/kcare/systemid")).ShouldBe(
            $"server_id={server.GetProperty("id").GetString()}"
        );
        (await host.AgentAsync("--license-info")).ShouldContain(server.GetProperty("id").GetString()!);
    }

    private async Task SaysAsync(string option, int exitCode, string sentence)
    {
        var result = await host.TryAgentAsync(option);
        result.ExitCode.ShouldBe(exitCode, $"kcarectl {option}: {result}");
        result.Stdout.Trim().ShouldBe(sentence);
    }

    /// <summary>
    /// What the portal knows after an update, and what the agent tells by itself, are the truth about the kernel.
    /// </summary>
    private async Task AgreesAsync(Site site, int level, string patchset)
    {
        var server = await site.ServerAsync();
        server.GetProperty("patch_level").GetInt64().ShouldBe(level);
        server.GetProperty("status").GetString().ShouldBe("uptodate");
        server.GetProperty("euname").GetString().ShouldBe(Site.Euname(level));
        server.GetProperty("update_result").GetString().ShouldBe("ok");
        await SaysAsync(
            "--status",
            0,
            string.Create(CultureInfo.InvariantCulture, $"level {level} is applied and up to date")
        );
        await SaysAsync("--check", 1, "no update available");
        await SaysAsync("--uname", 0, Site.Euname(level));
        (await host.AgentAsync("--patch-info")).ShouldContain($"kpatch-cve: CVE-2026-{1000 + level}");
        using var info = JsonDocument.Parse(await host.AgentAsync("--info --json"));
        info.RootElement.GetProperty("level").GetInt32().ShouldBe(level);
        info.RootElement.GetProperty("patchset").GetString().ShouldBe(patchset);
        info.RootElement.GetProperty("kernel").GetString().ShouldBe(host.Laboratory.Release);
        info.RootElement.GetProperty("kernel_id").GetString().ShouldBe(await KernelIdAsync());
        info.RootElement.GetProperty("last_update").GetProperty("result").GetString().ShouldBe("ok");
    }

    /// <summary>The kernel's id as its definition has it, without this project's code.</summary>
    private Task<string> KernelIdAsync() => host.Guest.ReadAsync("sha1sum < /proc/version | cut -d ' ' -f 1");
}
