using System.Net;
using System.Net.Http.Json;
using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Keys;
using EPortal.Tests.Agents;
using EPortal.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

/// <summary>A portal that is started on a full disk.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SmallDisk _disk;

    public FullDiskTests() => _disk = SmallDisk.MountOrSkip(_folder.File("disk"), "24m");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Reserve => _folder.File($"disk/data/{SpaceReserve.FileName}");

    public void Dispose()
    {
        _disk.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_serves_what_it_has_says_so_and_goes_on_when_there_is_room(bool wasKilled)
    {
        var id = await PrepareAsync(wasKilled);
        _disk.Fill();

        await using var portal = Open();
        await using var app = await ServeAsync(portal);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        // The same as last time, then something new; both are answered and neither is recorded.
        foreach (var name in (string[])["web1", "web2"])
        {
            var answer = await CheckInAsync(http, id, name);
            // What little is free takes some.
            for (var more = 0; answer.Recorded is null && more < 500; more++)
                answer = await CheckInAsync(http, id, $"{name}-{more}");
            (answer.Supported, answer.Recorded).ShouldBe((false, false));
        }

        using (
            var refused = await http.GetAsync("/admin/api/kcare/register_server.plain?hostname=a&key=k", Cancellation)
        )
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await refused.Content.ReadAsStringAsync(Cancellation)).ShouldContain("disk full");
        }

        using (var ready = await http.GetAsync("/readyz", Cancellation))
        {
            ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await ready.Content.ReadAsStringAsync(Cancellation)).ShouldContain("check-ins are not recorded");
        }

        (await http.GetStringAsync("/metrics", Cancellation)).ShouldContain(
            "eportal_checkins_total{result=\"unrecorded\"}"
        );

        _disk.Free();

        (await CheckInAsync(http, id, "web3")).Recorded.ShouldBeNull();
        portal.Database.Read(session => session.Scalar("SELECT hostname FROM server_search")).ShouldBe("web3");
        portal.Database.WriteFailure.ShouldBeNull();
    }

    [Fact]
    public async Task It_starts_again_and_again()
    {
        await PrepareAsync(wasKilled: false);

        for (var start = 0; start < 20; start++)
        {
            _disk.Fill();
            await using var portal = Open();
            portal.Database.Read(session => session.Scalar("SELECT count(*) FROM server")).ShouldBe(1L);
        }
    }

    [Fact]
    public async Task Without_a_reserve_it_says_that_the_disk_is_full()
    {
        await PrepareAsync(wasKilled: false);
        File.Delete(Reserve);
        _disk.Fill();

        Should.Throw<StoreException>(Open).Error.ShouldBe(StoreError.DiskFull);
    }

    private async Task<string> PrepareAsync(bool wasKilled)
    {
        var portal = Open();
        var app = await ServeAsync(portal);
        await portal.Keys.Add(new Actor("tester"), "k", new KeySettings());
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        var lines = TestPortal.Lines(
            await http.GetStringAsync("/admin/api/kcare/register_server.plain?hostname=web1&key=k", Cancellation)
        );
        (await CheckInAsync(http, lines["server_id"], "web1")).Recorded.ShouldBeNull();
        while (!File.Exists(Reserve) || new FileInfo(Reserve).Length < SpaceReserve.Size)
            await Task.Yield();
        // What a killed process leaves: its log and the index of that.
        string[] left = wasKilled ? ["eportal.sqlite", "eportal.sqlite-wal", "eportal.sqlite-shm"] : [];
        foreach (var name in left)
            File.Copy(_folder.File($"disk/data/{name}"), _folder.File(name));
        await app.StopAsync(Cancellation);
        await app.DisposeAsync();
        await portal.DisposeAsync();
        foreach (var name in left)
            File.Copy(_folder.File(name), _folder.File($"disk/data/{name}"), overwrite: true);
        return lines["server_id"];
    }

    private Portal Open() =>
        Portal.Open(
            Settings.Defaults with
            {
                DataDir = _folder.File("disk/data"),
                Listen = [new Uri("http://127.0.0.1:0")],
                RunAs = Shell.IsRoot ? "root" : null,
                ServerStatsPeriod = null,
                SendCheckinPeriod = null,
                ReadyMinFreeBytes = 0,
            },
            TimeProvider.System
        );

    private static async Task<WebApplication> ServeAsync(Portal portal)
    {
        var app = WebPortal.Build(portal);
        await app.StartAsync(Cancellation);
        return app;
    }

    private static async Task<CheckInAnswer> CheckInAsync(HttpClient http, string id, string name)
    {
        using var answer = await http.PostAsJsonAsync(
            "/admin/api/kcare/checkin",
            TestPortal.Facts(id) with
            {
                Hostname = name,
            },
            AgentJson.Default.CheckInRequest,
            Cancellation
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await answer.Content.ReadFromJsonAsync(AgentJson.Default.CheckInAnswer, Cancellation))!;
    }
}
