using System.Net;
using EPortal.EndToEnd.Portal;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Trouble;

/// <summary>A disk that is full, or that cannot be written any more.</summary>
public sealed class DiskTroubleTests : IDisposable
{
    private readonly PortalInstallation _installation = new();
    private readonly SmallDisk _disk;

    public DiskTroubleTests()
    {
        _disk = SmallDisk.MountOrSkip(_installation.PathOf("disk"), "24m");
        _installation.Environment["EPORTAL_DATA_DIR"] = _installation.PathOf("disk/data");
    }

    public void Dispose()
    {
        _disk.Dispose();
        _installation.Dispose();
    }

    [Fact]
    public async Task On_a_full_disk_all_that_is_there_is_served_and_nothing_new_is_pretended()
    {
        var cancel = TestContext.Current.CancellationToken;
        await _installation.DoAsync("kcare", "deploy", await _installation.BuildAsync("K1", 1, 1000));
        await _installation.DoAsync("key", "-a", "fleet");
        await using var portal = await _installation.ServeAsync();
        using var http = new HttpClient { BaseAddress = portal.Address };
        var host = await http.RegisterAsync("fleet");
        var large = await _installation.BuildAsync("K2", 2, 4_000_000);
        _disk.Fill();

        var deploy = await _installation.TryAsync("kcare", "deploy", large);
        deploy.ExitCode.ShouldBe(1, deploy.ToString());
        deploy.Stderr.ShouldContain("No space");
        (await http.GetAsync($"/{Sample.Target}/1/kpatch.bin", cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using (var refused = await http.CheckInAsync(host, "changed"))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            refused.Headers.RetryAfter.ShouldNotBeNull();
            (await refused.Content.ReadAsStringAsync(cancel)).ShouldContain("disk full");
        }

        _disk.Free();
        (await http.CheckInAsync(host, "changed")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _installation.DoAsync("server", "list", "--hostname", "changed")).ShouldContain(host);
        await _installation.DoAsync("kcare", "deploy", large);
        (await http.GetAsync($"/{Sample.Target}/2/kpatch.bin", cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Started_on_a_full_disk_it_serves_what_it_has_and_goes_on_when_there_is_room()
    {
        var cancel = TestContext.Current.CancellationToken;
        _installation.Environment["EPORTAL_READY_MIN_FREE_BYTES"] = "4096";
        await _installation.DoAsync("kcare", "deploy", await _installation.BuildAsync("K1", 1, 1000));
        await _installation.DoAsync("key", "-a", "fleet");
        string host;
        await using (var before = await _installation.ServeAsync())
        {
            using var client = new HttpClient { BaseAddress = before.Address };
            host = await client.RegisterAsync("fleet");
            await Eventually.IsTrueAsync(
                "space is reserved",
                () => Task.FromResult(File.Exists(_installation.PathOf("disk/data/.reserve")))
            );
            await before.SignalAsync("TERM");
        }

        _disk.Fill();
        await using var portal = await _installation.ServeAsync();
        _disk.Fill();
        using var http = new HttpClient { BaseAddress = portal.Address };
        (await http.GetAsync($"/{Sample.Target}/1/kpatch.bin", cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using (var refused = await http.CheckInAsync(host, "changed"))
            refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using (var ready = await http.GetAsync("/readyz", cancel))
            ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        _disk.Free();
        (await http.CheckInAsync(host, "changed")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.IsTrueAsync(
            "space is reserved again",
            () => Task.FromResult(File.Exists(_installation.PathOf("disk/data/.reserve")))
        );
    }

    [Fact]
    public async Task A_disk_that_became_read_only_is_named_and_what_is_there_is_served()
    {
        await _installation.DoAsync("kcare", "deploy", await _installation.BuildAsync("K1", 1, 1000));
        await using var portal = await _installation.ServeAsync();
        using var http = new HttpClient { BaseAddress = portal.Address };
        using (var warm = await http.GetAsync($"/{Sample.Target}/1/kpatch.bin", TestContext.Current.CancellationToken))
            warm.StatusCode.ShouldBe(HttpStatusCode.OK);
        await portal.SignalAsync("TERM");
        _disk.Remount("ro");

        var command = await _installation.TryAsync("key", "-a", "fleet");
        command.ExitCode.ShouldBe(1, command.ToString());
        command.Stderr.ShouldContain("cannot write to data folder");
        var serve = await _installation.RunAsync(Programs.Portal, "serve");
        serve.ExitCode.ShouldBe(1, serve.ToString());
        serve.Stderr.ShouldContain("cannot write to data folder");
    }
}
