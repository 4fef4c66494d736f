using System.Globalization;
using System.Text.Json;
using EPortal.EndToEnd.Kernel;
using EPortal.EndToEnd.Portal;
using Shouldly;

namespace EPortal.EndToEnd.Journey;

/// <summary>
/// All that a live patch passes through, for real: a vendor's key, a portal that pins it, and a booted kernel whose
/// agent trusts it.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    /// <summary>The key that hosts register with.</summary>
    public const string Key = "fleet";

    private Site(PortalInstallation installation, PortalProcess portal, AgentHost host) =>
        (Installation, Portal, Host) = (installation, portal, host);

    public PortalInstallation Installation { get; }

    public PortalProcess Portal { get; private set; }

    public AgentHost Host { get; }

    /// <summary>Serves, and tells the agent where its portal is and whom to trust. Nothing is registered yet.</summary>
    public static async Task<Site> OpenAsync(AgentHost host)
    {
        await host.ForgetAsync();
        var installation = new PortalInstallation();
        await installation.DoAsync("patchset", "keygen", installation.PathOf("vendor.key"));
        installation.Environment["EPORTAL_TRUSTED_KEYS"] = $"['{installation.PathOf("vendor.key.pub")}']";
        var portal = await installation.ServeAsync();
        await installation.DoAsync("key", "-a", Key);
        await File.WriteAllBytesAsync(
            installation.PathOf("proc-version"),
            await host.Guest.ReadFileAsync("/proc/version")
        );
        var site = new Site(installation, portal, host);
        await host.Guest.ReadAsync($"wget -q -O - {site.AddressInGuest}set-patch-server | sh");
        return site;
    }

    /// <summary>The portal's address as hosts see it.</summary>
    public string AddressInGuest =>
        string.Create(CultureInfo.InvariantCulture, $"http://{GuestMachine.HostAddress}:{Portal.Address.Port}/");

    /// <summary>
    /// Makes an archive with one of the laboratory's modules for the guest's kernel, signed by the vendor or another.
    /// </summary>
    public async Task<string> BuildAsync(
        string name,
        int level,
        string module,
        string key = "vendor.key",
        params string[] more
    )
    {
        var archive = Installation.PathOf($"{name}.tar.gz");
        await Installation.DoAsync([
            "patchset",
            "build",
            "--name",
            name,
            "--target",
            "@" + Installation.PathOf("proc-version"),
            "--level",
            level.ToString(CultureInfo.InvariantCulture),
            "--euname",
            Euname(level),
            "--cve",
            $"CVE-2026-{1000 + level}",
            "--key",
            Installation.PathOf(key),
            archive,
            $"kpatch.bin={Host.Laboratory.ModulePath(module)}",
            .. more,
        ]);
        return archive;
    }

    /// <summary>The effective kernel of a level.</summary>
    public static string Euname(int level) => $"6.1.{100 + level}-1";

    public async Task DeployAsync(string name, int level, string module, params string[] more) =>
        (
            await Installation.DoAsync("kcare", "deploy", await BuildAsync(name, level, module, "vendor.key", more))
        ).ShouldBe($"{name} was enabled in main");

    /// <summary>The one registered server as the portal tells of it.</summary>
    public async Task<JsonElement> ServerAsync()
    {
        using var servers = JsonDocument.Parse(await Installation.DoAsync("server", "list", "--json"));
        return servers.RootElement.EnumerateArray().Single().Clone();
    }

    /// <summary>What the portal has seen change about that server, newest first: <c>what: was -> became</c>.</summary>
    public async Task<IReadOnlyList<string>> HistoryAsync()
    {
        var id = (await ServerAsync()).GetProperty("id").GetString()!;
        using var history = JsonDocument.Parse(await Installation.DoAsync("server", "history", id, "--json"));
        return
        [
            .. history
                .RootElement.EnumerateArray()
                .Select(e =>
                    $"{e.GetProperty("what").GetString()}: {e.GetProperty("was").GetString()} -> {e.GetProperty("became").GetString()}"
                ),
        ];
    }

    /// <summary>Ends the portal as a power cut does.</summary>
    public async Task KillPortalAsync()
    {
        Installation.Environment["EPORTAL_LISTEN"] = Portal.Address.ToString().TrimEnd('/');
        await Portal.SignalAsync("KILL");
        await Portal.DisposeAsync();
    }

    /// <summary>Starts it again, at the same address, on what it left.</summary>
    public async Task StartPortalAsync() => Portal = await Installation.ServeAsync();

    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync();
        Installation.Dispose();
    }
}
