using System.Net;
using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Supply;

/// <summary>A portal that keeps itself supplied through the servers that people really have.</summary>
public sealed class SupplyTests : IDisposable
{
    private const string User = "customer";
    private const string Password = "pass word/1+";

    private readonly PortalInstallation _installation = new();
    private readonly Vendor _vendor;

    public SupplyTests() => _vendor = new Vendor(_installation);

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task A_repository_behind_nginx_with_a_login()
    {
        await _vendor.PublishAsync("K1", 1);
        await using var nginx = await Daemon.NginxAsync(_installation, _vendor.Repository, User, Password);
        Use(_installation, nginx.Port);
        _installation.Environment["EPORTAL_PATCH_SOURCE_PASSWORD"] = "wrong";
        var refused = await _installation.TryAsync("kcare", "update");
        refused.ExitCode.ShouldBe(1);
        refused.Stderr.ShouldContain("refused the login");
        refused.Stderr.ShouldNotContain("wrong");

        _installation.Environment["EPORTAL_PATCH_SOURCE_PASSWORD"] = Password;
        (await _installation.DoAsync("kcare", "update")).ShouldBe("K1 was downloaded\nK1 was enabled in main");
        await _vendor.PublishAsync("K2", 2);
        (await _installation.DoAsync("--get-latest")).ShouldBe("K2 was downloaded\nK2 was enabled in main");
        (await _installation.DoAsync("kcare", "update")).ShouldBe("nothing new");
        (await _installation.DoAsync("patch-source")).ShouldContain("index: version 2");
    }

    [Fact]
    public async Task A_running_portal_fetches_by_itself_and_fills_an_automatic_feed()
    {
        await _vendor.PublishAsync("K1", 1);
        await using var nginx = await Daemon.NginxAsync(_installation, _vendor.Repository);
        Use(_installation, nginx.Port);
        _installation.Environment["EPORTAL_AUTO_UPDATE_PERIOD"] = "1";
        await _installation.DoAsync("feed", "-a", "fast", "--auto", "--deploy-after", "0");
        await _installation.DoAsync("key", "-a", "hosts", "--feed", "fast");
        await using var portal = await _installation.ServeAsync();
        using var http = new HttpClient { BaseAddress = portal.Address };

        await OffersAsync(http, 1);
        await _vendor.PublishAsync("K2", 2);
        await OffersAsync(http, 2);
        await _vendor.BuildAsync("--block", "K2");
        await OffersAsync(http, 1);
        (await _installation.DoAsync("kcare", "list", "--feed", "fast")).ShouldContain("blocked");
        (await _installation.TryAsync("kcare", "enable", "K2", "--feed", "fast")).Stderr.ShouldContain(
            "the patch source blocked it"
        );
        (await portal.SignalAsync("TERM")).ShouldBe(0, portal.Errors);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Through_squid(bool login)
    {
        await _vendor.PublishAsync("K1", 1);
        await using var nginx = await Daemon.NginxAsync(_installation, _vendor.Repository);
        Use(_installation, nginx.Port);
        await using (var squid = login ? await Daemon.SquidAsync(User, "secret") : await Daemon.SquidAsync())
        {
            if (login)
            {
                _installation.Environment["EPORTAL_PROXY"] = $"http://127.0.0.1:{squid.Port}";
                (await _installation.TryAsync("kcare", "update")).Stderr.ShouldContain("proxy refused the login");
            }

            _installation.Environment["EPORTAL_PROXY"] =
                $"http://{(login ? $"{User}:secret@" : "")}127.0.0.1:{squid.Port}";
            (await _installation.DoAsync("kcare", "update")).ShouldContain("K1 was enabled");
        }

        if (!login)
            await NeedsTheProxyAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData(" override-expire override-lastmod ignore-reload")]
    public async Task Through_a_squid_that_keeps_copies_for_an_hour(string disobedience)
    {
        await _vendor.PublishAsync("K1", 1);
        await using var nginx = await Daemon.NginxAsync(_installation, _vendor.Repository);
        Use(_installation, nginx.Port);
        await using var squid = await Daemon.SquidAsync(
            cache: $"cache_mem 64 MB\nmaximum_object_size_in_memory 8 MB\nrefresh_pattern . 60 100% 60{disobedience}"
        );
        _installation.Environment["EPORTAL_PROXY"] = $"http://127.0.0.1:{squid.Port}";
        (await _installation.DoAsync("kcare", "update")).ShouldContain("K1 was enabled");
        (await _installation.DoAsync("kcare", "update")).ShouldBe("nothing new");

        await _vendor.PublishAsync("K2", 2);
        (await _installation.DoAsync("kcare", "update")).ShouldContain("K2 was enabled");
        (await _installation.DoAsync("kcare", "update")).ShouldBe("nothing new");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Through_socks5(bool login)
    {
        await _vendor.PublishAsync("K1", 1);
        await using var nginx = await Daemon.NginxAsync(_installation, _vendor.Repository);
        Use(_installation, nginx.Port);
        await using (var socks = login ? await Daemon.SocksAsync(User, "secret") : await Daemon.SocksAsync())
        {
            _installation.Environment["EPORTAL_PROXY"] =
                $"socks5://{(login ? $"{User}:secret@" : "")}127.0.0.1:{socks.Port}";
            (await _installation.DoAsync("kcare", "update")).ShouldContain("K1 was enabled");
        }

        if (!login)
            await NeedsTheProxyAsync();
    }

    [Fact]
    public async Task A_portal_behind_a_portal_in_cache_mode()
    {
        var cancel = TestContext.Current.CancellationToken;
        await _vendor.PublishAsync("K1", 1);
        await using var nginx = await Daemon.NginxAsync(_installation, _vendor.Repository);
        Use(_installation, nginx.Port);
        await _installation.DoAsync("kcare", "update");
        _installation.Environment["EPORTAL_SERVE_PATCH_SOURCE"] = "True";
        _installation.Environment["EPORTAL_SERVE_PATCH_SOURCE_USER"] = User;
        _installation.Environment["EPORTAL_SERVE_PATCH_SOURCE_PASSWORD"] = Password;
        await using var upper = await _installation.ServeAsync();
        var key = (await _installation.DoAsync("patch-source")).Split("own key: ")[1];
        using var lowerHouse = new PortalInstallation();
        _vendor.Pin(lowerHouse, key);
        lowerHouse.Environment["EPORTAL_CACHE_MODE"] = "True";
        lowerHouse.Environment["EPORTAL_PATCH_SOURCE_URL"] = $"{upper.Address}patch-source/";
        lowerHouse.Environment["EPORTAL_PATCH_SOURCE_USER"] = User;
        lowerHouse.Environment["EPORTAL_PATCH_SOURCE_PASSWORD"] = Password;
        (await lowerHouse.DoAsync("kcare", "update")).ShouldContain("K1 was enabled in main");
        Directory
            .Exists(Path.Combine(lowerHouse.DataDir, "resources", "K1"))
            .ShouldBeFalse("only the manifest is here");
        await using var lower = await lowerHouse.ServeAsync();
        using var http = new HttpClient { BaseAddress = lower.Address };
        var path = $"/{Sample.Target}/1/kpatch.bin";
        var expected = await File.ReadAllBytesAsync(_installation.PathOf("K1.payload"), cancel);

        (await http.GetByteArrayAsync(path, cancel)).ShouldBe(expected);
        await upper.SignalAsync("KILL");
        (await http.GetByteArrayAsync(path, cancel)).ShouldBe(expected, "it is cached");
        using var absent = await http.GetAsync($"/{Sample.Target}/1/kpatch.info", cancel);
        absent.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        absent.Headers.RetryAfter.ShouldNotBeNull();
    }

    private void Use(PortalInstallation portal, int port)
    {
        _vendor.Pin(portal);
        portal.Environment["EPORTAL_PATCH_SOURCE_URL"] = $"http://127.0.0.1:{port}/";
        portal.Environment["EPORTAL_PATCH_SOURCE_USER"] = User;
        portal.Environment["EPORTAL_PATCH_SOURCE_PASSWORD"] = Password;
    }

    /// <summary>Without the proxy that is set nothing is fetched; with an exception for the host it is.</summary>
    private async Task NeedsTheProxyAsync()
    {
        await _vendor.PublishAsync("K2", 2);
        (await _installation.TryAsync("kcare", "update")).Stderr.ShouldContain("through the proxy 127.0.0.1:");
        _installation.Environment["EPORTAL_NO_PROXY"] = "['127.0.0.1']";
        (await _installation.DoAsync("kcare", "update")).ShouldContain("K2 was enabled");
    }

    private static async Task OffersAsync(HttpClient http, int level)
    {
        var id = await http.RegisterAsync("hosts");
        await Eventually.IsTrueAsync(
            $"level {level} is offered",
            async () =>
            {
                using var answer = await http.CheckInAsync(id, "h");
                return (await answer.Content.ReadAsStringAsync()).Contains(
                    $"\"level\":{level},",
                    StringComparison.Ordinal
                );
            }
        );
    }
}
