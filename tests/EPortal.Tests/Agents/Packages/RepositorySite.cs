using EPortal.Tests.Hosting;

namespace EPortal.Tests.Agents.Packages;

/// <summary>A portal with agent packages, at today's time: package managers look at the clock of the machine.</summary>
internal sealed class RepositorySite : IAsyncDisposable
{
    private RepositorySite(TestPortal portal) => Portal = portal;

    public TestPortal Portal { get; }

    public TempFolder Folder { get; } = new();

    public string Url => Portal.Address.GetLeftPart(UriPartial.Authority);

    /// <summary>Starts one.</summary>
    /// <param name="isToday">Whether its clock is right; else it is behind.</param>
    /// <param name="ownKey">Whether it makes a key of its own; else it has that of all tests.</param>
    public static async Task<RepositorySite> StartAsync(bool isToday = true, bool ownKey = false)
    {
        var site = new RepositorySite(await TestPortal.StartAsync(now: isToday ? DateTimeOffset.UtcNow : null));
        if (ownKey)
            File.Delete(AgentRepositoryKey.FileOf(site.Portal.DataFolder));
        return site;
    }

    public async Task ImportAsync(string path)
    {
        await using var file = File.OpenRead(path);
        await Portal.Portal.AgentPackages.Import(TestPortal.Admin, file);
    }

    public async Task<string> KeyFileAsync() =>
        Folder.Write("key.asc", await Portal.Http.GetStringAsync("/repo/kernelcare.asc"));

    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync();
        Folder.Dispose();
    }
}
