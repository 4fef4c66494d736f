using EPortal.AgentClient;
using EPortal.AgentClient.Wire;
using EPortal.Format;

namespace EPortal.Demo;

/// <summary>
/// One host of the fleet: it registers, checks in and fetches patches with the client that real agents use.
/// </summary>
internal sealed class DemoHost(HttpClient http, Uri portal, TrustedKeys trusted, string folder, int number)
{
    private const string NoPatch = "default";

    private readonly PortalOptions _options = new()
    {
        PatchServer = portal,
        RegistrationUrl = new Uri(portal, "admin/api/kcare/"),
    };

    private readonly DemoKernel _kernel =
        number % 40 == 0 ? DemoCatalog.Unsupported : DemoCatalog.Kernels[number % DemoCatalog.Kernels.Count];

    private readonly DateTimeOffset _booted = DateTimeOffset.UtcNow.AddHours(-(number * 7 % 2000));
    private string _serverId = "";
    private int _level;
    private LastUpdate? _lastUpdate;

    /// <summary>Its name.</summary>
    public string Hostname => $"{(number % 3 == 0 ? "web" : number % 3 == 1 ? "db" : "app")}{number:000}.demo.example";

    /// <summary>Registers with a key, and sends its tags once, so that tags set in the console are kept.</summary>
    public async Task RegisterAsync(string key, CancellationToken cancel)
    {
        var client = new PortalClient(http, _options);
        _serverId = await client.RegisterAsync(Hostname, key, cancel);
        if (Tags is not null)
            await client.TagAsync(_serverId, Tags, cancel);
    }

    /// <summary>Checks in and takes what it is offered; a few hosts never do.</summary>
    public async Task CheckInAsync(CancellationToken cancel)
    {
        var client = new PortalClient(http, _options with { ServerId = _serverId });
        var answer = await client.CheckInAsync(Facts(), cancel);
        if (!answer.Supported || answer.Level == _level || number % 25 == 7)
            return;
        await FetchAsync(client, answer, cancel);
        _level = answer.Level!.Value;
        _lastUpdate = new LastUpdate
        {
            Level = _level,
            Patchset = answer.Patchset!,
            Result = LastUpdate.Ok,
            At = DateTimeOffset.UtcNow,
        };
        await client.CheckInAsync(Facts(), cancel);
    }

    private string? Tags =>
        number % 3 == 0 ? "env:prod;web"
        : number % 3 == 1 ? "env:prod"
        : null;

    /// <summary>Fetches the patch and checks it as an agent does; there is no kernel here to give it to.</summary>
    private async Task FetchAsync(PortalClient client, CheckInAnswer answer, CancellationToken cancel)
    {
        var mine = Directory.CreateDirectory(Path.Combine(folder, _serverId)).FullName;
        foreach (var file in answer.Files!)
            await client.DownloadAsync(
                _kernel.Id,
                answer.Level!.Value,
                file.Name,
                Path.Combine(mine, file.Name),
                file.Size,
                file.Sha256,
                cancel
            );
        var description = await File.ReadAllBytesAsync(Path.Combine(mine, PatchDescription.FileName), cancel);
        var signature = await File.ReadAllTextAsync(Path.Combine(mine, PatchDescription.SignatureFileName), cancel);
        trusted.Verify(description, signature, PatchDescription.FileName);
        Directory.Delete(mine, recursive: true);
    }

    private CheckInRequest Facts() =>
        new()
        {
            ServerId = _serverId,
            Hostname = Hostname,
            KernelId = _kernel.Id,
            Release = _kernel.Release,
            Euname = _level == 0 ? _kernel.Release : _kernel.Euname(_level),
            PatchLevel = _level,
            PatchType = NoPatch,
            Uptime = (long)(DateTimeOffset.UtcNow - _booted).TotalSeconds,
            Version = "#1 SMP PREEMPT_DYNAMIC",
            Virt = number % 4 == 0 ? "no" : "kvm",
            KcareVersion = "demo",
            Distro = _kernel.Name,
            DistroVersion = _kernel.Version,
            Machine = "x86_64",
            Processor = "x86_64",
            LastUpdate = _lastUpdate,
        };
}
