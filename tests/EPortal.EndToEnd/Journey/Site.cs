using System.Globalization;
using System.Text.Json;
using EPortal.EndToEnd.Kernel;
using EPortal.EndToEnd.Portal;
using Shouldly;

namespace EPortal.EndToEnd.Journey;

/// <summary>
/// All that a live patch passes through, for real: a vendor's key, a portal that pins it, and a booted kernel whose agent
/// trusts it.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    /// <summary>The key that hosts register with.</summary>
    public const string Key = "fleet";

    private Site(PortalInstallation installation, KernelLaboratory laboratory, PortalProcess portal, GuestMachine guest) =>
        (Installation, Laboratory, Portal, Guest) = (installation, laboratory, portal, guest);

    public PortalInstallation Installation { get; }

    public KernelLaboratory Laboratory { get; }

    public PortalProcess Portal { get; private set; }

    public GuestMachine Guest { get; }

    /// <summary>Boots, serves, and tells the agent where its portal is and whom to trust. Nothing is registered yet.</summary>
    public static async Task<Site> OpenAsync()
    {
        var laboratory = await KernelLaboratory.GetAsync();
        var installation = new PortalInstallation();
        await installation.DoAsync("patchset", "keygen", installation.PathOf("vendor.key"));
        installation.Environment["EPORTAL_TRUSTED_KEYS"] = $"['{installation.PathOf("vendor.key.pub")}']";
        var portal = await installation.ServeAsync();
        await installation.DoAsync("key", "-a", Key);
        var guest = await GuestMachine.StartAsync(laboratory, GuestFile.Program("/usr/bin/kcarectl", Programs.Agent));
        var site = new Site(installation, laboratory, portal, guest);
        await guest.ReadAsync("mkdir -p /etc/sysconfig/kcare");
        await guest.PutFileAsync(
            "/etc/sysconfig/kcare/trusted.pub", await File.ReadAllBytesAsync(installation.PathOf("vendor.key.pub")));
        await site.PointAgentAtAsync(portal.Address.Port);
        await File.WriteAllBytesAsync(installation.PathOf("proc-version"), await guest.ReadFileAsync("/proc/version"));
        return site;
    }

    public Task PointAgentAtAsync(int port) => AgentAsync(
        string.Create(CultureInfo.InvariantCulture, $"--set-patch-server http://{GuestMachine.HostAddress}:{port}/"));

    /// <summary>Runs the agent in the guest; it must succeed.</summary>
    public async Task<string> AgentAsync(string arguments)
    {
        var result = await TryAgentAsync(arguments);
        result.ExitCode.ShouldBe(0, $"kcarectl {arguments}: {result}");
        return result.Stdout.TrimEnd();
    }

    public Task<CommandResult> TryAgentAsync(string arguments) => Guest.RunAsync($"kcarectl {arguments}");

    /// <summary>Makes an archive with one of the laboratory's modules for the guest's kernel, signed by the vendor or another.</summary>
    public async Task<string> BuildAsync(string name, int level, string module, string key = "vendor.key")
    {
        var archive = Installation.PathOf($"{name}.tar.bz2");
        await Installation.DoAsync(
            "patchset", "build", "--name", name, "--target", "@" + Installation.PathOf("proc-version"),
            "--level", level.ToString(CultureInfo.InvariantCulture), "--euname", $"6.1.{100 + level}-1", "--cve", $"CVE-2026-{1000 + level}",
            "--key", Installation.PathOf(key), archive, $"kpatch.bin={Laboratory.ModulePath(module)}");
        return archive;
    }

    public async Task DeployAsync(string name, int level, string module) =>
        (await Installation.DoAsync("kcare", "deploy", await BuildAsync(name, level, module))).ShouldBe($"{name} was enabled in main");

    /// <summary>The one registered server as the portal tells of it.</summary>
    public async Task<JsonElement> ServerAsync()
    {
        using var servers = JsonDocument.Parse(await Installation.DoAsync("server", "list", "--json"));
        return servers.RootElement.EnumerateArray().Single().Clone();
    }

    /// <summary>Ends the portal as a power cut does, and starts it again on what it left.</summary>
    public async Task RestartPortalAsync()
    {
        Installation.Environment["EPORTAL_LISTEN"] = Portal.Address.ToString().TrimEnd('/');
        await Portal.SignalAsync("KILL");
        await Portal.DisposeAsync();
        Portal = await Installation.ServeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Guest.DisposeAsync();
        await Portal.DisposeAsync();
        Installation.Dispose();
    }
}
