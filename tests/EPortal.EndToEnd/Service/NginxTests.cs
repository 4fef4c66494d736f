using System.Net;
using System.Security.Cryptography.X509Certificates;
using EPortal.EndToEnd.Portal;
using EPortal.EndToEnd.Supply;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Service;

/// <summary>A real nginx with what <c>kc.eportal sync-nginx-conf</c> wrote, as the documentation sets it up.</summary>
public sealed class NginxTests : IAsyncLifetime
{
    private readonly PortalInstallation _installation = new();
    private readonly int _port = Ports.Free();
    private readonly string _folder;
    private PortalProcess _portal = null!;

    public NginxTests() => _folder = Directory.CreateDirectory(_installation.PathOf("nginx")).FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Site => Path.Combine(_folder, "conf.d", "eportal.conf");

    public async ValueTask InitializeAsync()
    {
        _installation.Environment["EPORTAL_LISTEN"] = $"http://127.0.0.1:{Ports.Free()}";
        _installation.Environment["EPORTAL_NGINX_LISTEN"] = $"['127.0.0.1:{_port}']";
        _portal = await _installation.ServeAsync();
        await SyncAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _portal.DisposeAsync();
        _installation.Dispose();
    }

    [Fact]
    public async Task Hosts_and_people_reach_the_portal_and_metrics_stay_on_this_machine()
    {
        await using var nginx = await Daemon.NginxOfFolderAsync(_folder, _port);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
        await _installation.DoAsync("key", "-a", "fleet");

        var host = await http.RegisterAsync("fleet");

        (await http.CheckInAsync(host, "h")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ScriptAsync(http)).ShouldContain($"http://127.0.0.1:{_port}");
        foreach (
            var path in (string[])["/metrics", "/Metrics", "/metrics/", "//metrics", "/%6detrics", "/a/../metrics"]
        )
            (await StatusAsync(http, path)).ShouldBe(HttpStatusCode.Forbidden, path);
        (await StatusAsync(http, "/healthz")).ShouldBe(HttpStatusCode.OK);
        using var direct = new HttpClient { BaseAddress = _portal.Address };
        (await StatusAsync(direct, "/metrics")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_documented_commands_lead_to_HTTPS_and_a_later_sync_keeps_them()
    {
        var tls = Ports.Free();
        var (certificate, key) = (_installation.PathOf("tls.crt"), _installation.PathOf("tls.key"));
        using var made = TlsPair.Write(certificate, key);
        Shell.Run("mv", $"{_folder}/eportal.ssl.conf.example", $"{_folder}/eportal.ssl.conf");
        Shell.Run(
            "sed",
            "-i",
            $"s#/etc/nginx/ssl/eportal.crt#{certificate}#; s#/etc/nginx/ssl/eportal.key#{key}#; s#^listen 443#listen 127.0.0.1:{tls}#",
            $"{_folder}/eportal.ssl.conf"
        );
        Shell.Run("sed", "-e", "3iinclude eportal.ssl.conf;", "-i", Site);
        await File.AppendAllTextAsync(Site, "# a line of ours\n", Cancel);
        _installation.Environment["EPORTAL_ALLOWED_HOSTS"] = "['localhost', '*.example.com', '::1']";
        (await SyncAsync()).ShouldContain("written");

        var lines = await File.ReadAllLinesAsync(Site, Cancel);
        lines[2].ShouldBe("include eportal.ssl.conf;");
        lines[^1].ShouldBe("# a line of ours");
        lines.ShouldContain("    server_name localhost *.example.com [::1];");
        await using var nginx = await Daemon.NginxOfFolderAsync(_folder, _port);
        using var http = Trusting(made, new Uri($"https://localhost:{tls}"));
        (await ScriptAsync(http)).ShouldContain($"https://localhost:{tls}");
        (await SyncAsync()).ShouldContain("up to date");
    }

    [Fact]
    public async Task What_was_changed_between_the_marks_is_kept_aside()
    {
        Shell.Run("sed", "-i", "s/server_tokens off;/server_tokens on;/", Site);

        (await SyncAsync()).ShouldContain("written");

        (await File.ReadAllTextAsync(Site, Cancel)).ShouldContain("server_tokens off;");
        var saved = Directory.GetFiles(Path.Combine(_folder, "conf.d"), "*.saved").ShouldHaveSingleItem();
        (await File.ReadAllTextAsync(saved, Cancel)).ShouldContain("server_tokens on;");
    }

    [Fact]
    public async Task A_balancer_that_sends_host_and_scheme_alone_hides_who_calls_and_is_told_of()
    {
        await using var nginx = await Daemon.NginxOfFolderAsync(_folder, _port);
        using var direct = new HttpClient { BaseAddress = _portal.Address };
        direct.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");

        (await ScriptAsync(direct)).ShouldContain("https://");

        (await StatusAsync(direct, "/metrics")).ShouldBe(HttpStatusCode.Forbidden);
        var doctor = await _installation.DoAsync("doctor", _installation.PathOf("doctor.tar.gz"));
        doctor.ShouldContain("warning: proxy: requests came through proxy 127.0.0.1 without X-Forwarded-For");
        await using var again = await RestartedAsync();
        again.Errors.ShouldContain("warning: requests came through proxy 127.0.0.1 without X-Forwarded-For");
    }

    [Fact]
    public async Task The_folder_of_patches_is_made_ready()
    {
        var patches = _installation.PathOf("patches");
        _installation.Environment["EPORTAL_PATCHES_DIR"] = patches;

        (await SyncAsync()).ShouldContain($"{patches} is ready for patches");

        Directory
            .GetDirectories(patches)
            .Select(Path.GetFileName)
            .Order()
            .ShouldBe(["arch", "cache", "resources", "user-resources"]);
        File.GetUnixFileMode(Path.Combine(patches, "arch"))
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_named()
    {
        var result = await _installation.TryAsync("sync-nginx-conf", "--dir", "/nonexistent");

        result.ExitCode.ShouldBe(1);
        result.Stderr.ShouldContain("no folder /nonexistent: install nginx");
    }

    private static HttpClient Trusting(X509Certificate2 certificate, Uri address) =>
        new(
            new SocketsHttpHandler
            {
                SslOptions = new()
                {
                    RemoteCertificateValidationCallback = (_, shown, _, _) =>
                        shown?.GetCertHashString() == certificate.GetCertHashString(),
                },
            }
        )
        {
            BaseAddress = address,
        };

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(
            new Uri(
                $"{http.BaseAddress!.GetLeftPart(UriPartial.Authority)}{path}",
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            ),
            Cancel
        );
        return answer.StatusCode;
    }

    private static Task<string> ScriptAsync(HttpClient http) =>
        http.GetStringAsync(new Uri("/set-patch-server", UriKind.Relative), Cancel);

    private Task<string> SyncAsync() => _installation.DoAsync("sync-nginx-conf", "--dir", _folder);

    private async Task<PortalProcess> RestartedAsync()
    {
        await _portal.SignalAsync("TERM");
        return await _installation.ServeAsync();
    }
}
