using EPortal.EndToEnd.Supply;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Journey;

/// <summary>
/// The way of a live patch when nobody carries a file: from a vendor's web server through a portal into a kernel.
/// </summary>
public sealed class UpstreamJourneyTests(AgentHost host) : IClassFixture<AgentHost>
{
    [Fact]
    public async Task A_kernel_is_fed_from_an_upstream_in_cache_mode()
    {
        await using var site = await Site.OpenAsync(host);
        var repository = site.Installation.PathOf("repository");
        await using var nginx = await Daemon.NginxAsync(site.Installation, repository);
        site.Installation.Environment["EPORTAL_PATCH_SOURCE_URL"] = $"http://127.0.0.1:{nginx.Port}/";
        site.Installation.Environment["EPORTAL_CACHE_MODE"] = "True";
        await site.KillPortalAsync();
        await site.StartPortalAsync();
        await host.AgentAsync($"--register {Site.Key}");

        await PublishAsync(site, repository, await site.BuildAsync("K1", 1, AgentHost.Level1));
        (await site.Installation.DoAsync("--get-latest")).ShouldContain("K1 was enabled in main");
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level1);

        await PublishAsync(site, repository, await site.BuildAsync("K2", 2, AgentHost.Level2));
        (await site.Installation.DoAsync("kcare", "update")).ShouldContain("K2 was enabled in main");
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level2);

        await PublishAsync(site, repository, "--block", "K2");
        await site.Installation.DoAsync("kcare", "update");
        await host.AgentAsync("--update");
        await host.RunsAsync(AgentHost.Level1); // What does harm is gone.
    }

    private static Task<string> PublishAsync(Site site, string repository, params string[] arguments) =>
        site.Installation.DoAsync([
            "repository",
            "build",
            "--key",
            site.Installation.PathOf("vendor.key"),
            repository,
            .. arguments,
        ]);
}
