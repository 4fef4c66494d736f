using EPortal.Feeds;
using EPortal.Format;
using EPortal.Tests.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Xunit;

namespace EPortal.Tests.Feeds;

/// <summary>
/// A portal with the feeds <c>main</c> and <c>test</c>, and a browser in which somebody has logged in.
/// </summary>
internal sealed class PatchsetSite : IAsyncDisposable
{
    private readonly ApiCaller _api;

    private PatchsetSite(ApiCaller api) => (_api, Browser) = (api, new Browser(api.Portal));

    public Browser Browser { get; }

    public TestPortal Portal => _api.Portal;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<PatchsetSite> OpenAsync(
        string user = ApiCaller.Admin,
        Func<EPortal.Hosting.Settings, EPortal.Hosting.Settings>? change = null
    )
    {
        var site = new PatchsetSite(await ApiCaller.StartAsync(change));
        await site.Portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        (await site.Browser.LogInAsync(user, ApiCaller.Password)).Dispose();
        return site;
    }

    /// <summary>Registers a server of <paramref name="key"/> that runs a level.</summary>
    public async Task RunAsync(int level, string key = TestPortal.Key)
    {
        var facts = TestPortal.Facts(await Portal.RegisterAsync($"web{level}", key)) with { PatchLevel = level };
        (await Portal.CheckInAsync(facts)).EnsureSuccessStatusCode().Dispose();
    }

    /// <summary>Deploys a patchset that says of itself what it is told to.</summary>
    public async Task DeployAsync(string name, string summary, string changelog, params string[] cves)
    {
        var builder = new PatchsetBuilder(
            new Manifest
            {
                Name = name,
                Product = Product.Kernel,
                Released = Portal.Time.GetUtcNow().AddDays(-1),
                Distros = ["debian12"],
                Summary = summary,
                Changelog = changelog,
                Targets = [],
            }
        );
        builder.AddTarget(
            new ManifestTarget
            {
                Id = TestPortal.KernelId,
                Level = 7,
                Distro = "debian12",
                Release = "6.1.0-18-amd64",
                Euname = "6.1.0-25-amd64",
                Cves = cves,
                Files = new Dictionary<string, FileEntry>(),
            }
        );
        builder.AddFile(TestPortal.KernelId, "kpatch.bin", Archives.Payload(7));
        using var archive = new MemoryStream();
        await builder.WriteAsync(archive, Compression.None, null, Cancellation);
        archive.Position = 0;
        await Portal.Portal.Patchsets.Deploy(
            TestPortal.Admin,
            Product.Kernel,
            archive,
            Rollout.Place(Feed.Main, disabled: false),
            Cancellation
        );
    }

    /// <summary>States of the kernel patchsets on a feed, oldest first.</summary>
    public IEnumerable<string> States(string feed) =>
        Portal.Portal.Rollout.List(feed, Product.Kernel).Select(one => $"{one.Patchset.Name} {one.State.Token()}");

    /// <summary>An answer's page.</summary>
    public static Task<string> TextOf(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        Browser.Dispose();
        await _api.DisposeAsync();
    }
}
