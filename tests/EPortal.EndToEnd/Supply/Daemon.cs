using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EPortal.EndToEnd.Portal;
using EPortal.Tests.Hosting;

namespace EPortal.EndToEnd.Supply;

/// <summary>A server of somebody else, started for one test and ended with it.</summary>
internal sealed class Daemon : IAsyncDisposable
{
    private const UnixFileMode Everybody = (UnixFileMode)0x1FF;

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly string? _folder;

    private Daemon(Process process, int port, string? folder)
    {
        (_process, Port, _folder) = (process, port, folder);
        _output = process.StandardError.ReadToEndAsync();
    }

    public int Port { get; }

    /// <summary>nginx that serves a folder, with Basic authentication where a login is given.</summary>
    public static Task<Daemon> NginxAsync(
        PortalInstallation installation,
        string folder,
        string? user = null,
        string? password = null
    )
    {
        var users = installation.PathOf($"users-{Guid.NewGuid():N}");
        File.WriteAllText(users, $"{user}:{{PLAIN}}{password}\n");
        return NginxAsync(
            installation,
            $"root {folder};" + (user is null ? "" : $" auth_basic patches; auth_basic_user_file {users};"),
            ""
        );
    }

    /// <summary>nginx in front of a portal, with connections to it that are kept.</summary>
    public static Task<Daemon> NginxInFrontAsync(PortalInstallation installation, Uri portal) =>
        NginxAsync(
            installation,
            "location / { proxy_pass http://portal; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Host $http_host; }",
            $"upstream portal {{ server {portal.Authority}; keepalive 4; }}"
        );

    /// <summary>nginx in front of several portals: each call goes to the next, which <c>X-Node</c> names.</summary>
    public static Task<Daemon> NginxInFrontOfAllAsync(PortalInstallation installation, IReadOnlyList<Uri> portals) =>
        NginxAsync(
            installation,
            "location / { proxy_pass http://portals; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Host $http_host; add_header X-Node $upstream_addr always; }",
            $"upstream portals {{ {string.Join(' ', portals.Select(portal => $"server {portal.Authority};"))} keepalive 8; }}"
        );

    /// <summary>HAProxy in front of several portals, which leaves out those that are not ready.</summary>
    public static Task<Daemon> HaproxyAsync(PortalInstallation installation, IReadOnlyList<Uri> portals)
    {
        var (port, file) = (Ports.Free(), installation.PathOf("haproxy.cfg"));
        var servers = portals.Select(
            (portal, n) => $"  server portal{n} {portal.Authority} check inter 200 fall 1 rise 1"
        );
        File.WriteAllText(
            file,
            $"""
            defaults
              mode http
              timeout connect 2s
              timeout client 30s
              timeout server 30s
              retries 3
              option redispatch 1
            frontend hosts
              bind 127.0.0.1:{port}
              default_backend portals
            backend portals
              balance roundrobin
              option httpchk GET /readyz
              http-check expect status 200
            {string.Join('\n', servers)}

            """
        );
        return StartAsync(port, null, "/usr/sbin/haproxy", "-q", "-db", "-f", file);
    }

    /// <summary>nginx with the sites of a folder: its <c>conf.d</c>, and what that includes from beside it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="port">Port that one of its sites listens on.</param>
    public static Task<Daemon> NginxOfFolderAsync(string folder, int port)
    {
        File.WriteAllText(
            Path.Combine(folder, "nginx.conf"),
            $$"""
            daemon off; pid {{folder}}/pid; error_log {{folder}}/error.log;
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            events {}
            http {
              access_log {{folder}}/access.log;
              client_body_temp_path {{folder}}/a; proxy_temp_path {{folder}}/b; fastcgi_temp_path {{folder}}/c; uwsgi_temp_path {{folder}}/d; scgi_temp_path {{folder}}/e;
              include {{folder}}/conf.d/*.conf;
            }
            """
        );
        return StartAsync(port, null, "/usr/sbin/nginx", "-c", Path.Combine(folder, "nginx.conf"));
    }

    private static Task<Daemon> NginxAsync(PortalInstallation installation, string server, string http)
    {
        var (port, work) = (
            Ports.Free(),
            Directory.CreateDirectory(installation.PathOf($"nginx-{Guid.NewGuid():N}")).FullName
        );
        File.WriteAllText(
            Path.Combine(work, "nginx.conf"),
            $$"""
            daemon off; pid {{work}}/pid; error_log {{work}}/error.log;
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            events {}
            http {
              access_log {{work}}/access.log;
              client_body_temp_path {{work}}/a; proxy_temp_path {{work}}/b; fastcgi_temp_path {{work}}/c; uwsgi_temp_path {{work}}/d; scgi_temp_path {{work}}/e;
              {{http}}
              server { listen 127.0.0.1:{{port}}; {{server}} }
            }
            """
        );
        return StartAsync(port, null, "/usr/sbin/nginx", "-c", Path.Combine(work, "nginx.conf"));
    }

    /// <summary>A SOCKS5 server (RFC 1928), with a login (RFC 1929) where one is given.</summary>
    public static Task<Daemon> SocksAsync(string? user = null, string? password = null)
    {
        var port = Ports.Free();
        string[] login = user is null ? [] : ["-u", user, "-P", password!];
        return StartAsync(port, null, "/usr/bin/microsocks", ["-i", "127.0.0.1", "-p", $"{port}", .. login]);
    }

    /// <summary>squid as an HTTP proxy that forwards only for those who log in, where a login is given.</summary>
    /// <param name="user">Login; null for everybody.</param>
    /// <param name="password">Its password.</param>
    /// <param name="cache">What it keeps: lines of its configuration.</param>
    public static Task<Daemon> SquidAsync(string? user = null, string? password = null, string cache = "cache deny all")
    {
        // It gives up root's rights, so its folder is open to all.
        var (port, work) = (Ports.Free(), Directory.CreateTempSubdirectory("eportal-squid-").FullName);
        File.SetUnixFileMode(work, Everybody);
        var helper = Path.Combine(work, "login");
        File.WriteAllText(
            helper,
            $"#!/bin/sh\nwhile read -r login; do [ \"$login\" = '{user} {password}' ] && echo OK || echo ERR; done\n"
        );
        File.SetUnixFileMode(helper, Everybody);
        var access = user is null
            ? "http_access allow all"
            : $"auth_param basic program {helper}\nacl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all";
        File.WriteAllText(
            Path.Combine(work, "squid.conf"),
            $"""
            http_port 127.0.0.1:{port}
            pid_filename none
            {cache}
            cache_log {work}/cache.log
            access_log none
            coredump_dir {work}
            shutdown_lifetime 0 seconds
            {access}
            """ + "\n"
        );
        // Its shared memory goes by its name, so each has one of its own.
        return StartAsync(
            port,
            work,
            "/usr/sbin/squid",
            "-N",
            "-n",
            $"eportal{port}p{Environment.ProcessId}",
            "-f",
            Path.Combine(work, "squid.conf")
        );
    }

    /// <summary>Ends it at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // nginx has a worker that only a polite signal ends with it.
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await kill.WaitForExitAsync();
            await _process.WaitForExitAsync();
        }

        await _output;
        _process.Dispose();
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    private static async Task<Daemon> StartAsync(int port, string? folder, string program, params string[] args)
    {
        var daemon = new Daemon(
            Process.Start(new ProcessStartInfo(program, args) { RedirectStandardError = true })!,
            port,
            folder
        );
        await Eventually.IsTrueAsync(
            $"{program} listens",
            async () =>
            {
                if (daemon._process.HasExited)
                    throw new InvalidOperationException($"{program} ended: {await daemon._output}");
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await probe.ConnectAsync(IPAddress.Loopback, port);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            }
        );
        return daemon;
    }
}
