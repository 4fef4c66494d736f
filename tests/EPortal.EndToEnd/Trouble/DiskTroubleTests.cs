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
