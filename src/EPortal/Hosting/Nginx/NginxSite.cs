using System.Globalization;
using System.Net;
using System.Text;
using EPortal.Patchsets;

namespace EPortal.Hosting.Nginx;

/// <summary>
/// What nginx has to know to stand in front of the portal, made from the settings: the lines inside of its
/// <c>server</c> block.
/// </summary>
internal static class NginxSite
{
    /// <summary>Any name at all; unlike a name, it does not compete with other sites for being the default.</summary>
    private const string AnyName = "~.";

    /// <summary>The lines.</summary>
    /// <exception cref="StartException">There is no address that nginx could reach the portal at.</exception>
    public static IReadOnlyList<string> Lines(Settings settings)
    {
        var pass = $"proxy_pass {Upstream(settings)};";
        return
        [
            .. settings.NginxListen.Select(listen => $"listen {listen};"),
            $"server_name {Names(settings)};",
            "server_tokens off;",
            "# Larger bodies are refused by the portal too, with an answer that says why.",
            "client_max_body_size 4m;",
            "large_client_header_buffers 4 16k;",
            "",
            "# Who calls, under which name and how; what clients say of it themselves is dropped or marked.",
            "set $eportal_proto $scheme;",
            "set $eportal_before '';",
            "if ($http_x_forwarded_proto = https) { set $eportal_proto https; }",
            "if ($http_x_forwarded_for = '') { set $eportal_before $http_x_forwarded_proto; }",
            "proxy_http_version 1.1;",
            "proxy_set_header Host $http_host;",
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
            "proxy_set_header X-Forwarded-Proto $eportal_proto;",
            "proxy_set_header X-Eportal-Proto $eportal_before;",
            "proxy_set_header X-Forwarded-Host '';",
            "proxy_set_header X-Real-IP '';",
            "proxy_set_header X-Original-For '';",
            "proxy_set_header X-Original-Proto '';",
            "proxy_set_header X-Original-Host '';",
            "proxy_set_header Forwarded '';",
            "proxy_read_timeout 300s;",
            "proxy_send_timeout 300s;",
            "# Patch files are on disk already.",
            "proxy_max_temp_file_size 0;",
            "",
            $"location / {{ {pass} }}",
            "",
            "# For this machine alone, which asks the portal itself.",
            "location ~* ^/metrics/?$ { return 403; }",
            "",
            "location ~* ^/admin/upload-patchset/?$ {",
            string.Create(
                CultureInfo.InvariantCulture,
                $"    client_max_body_size {settings.PatchsetMaxArchiveBytes + ArchiveUpload.MaxFormBytes};"
            ),
            "    proxy_request_buffering off;",
            $"    {pass}",
            "}",
        ];
    }

    /// <summary>Where nginx reaches the portal: without TLS where it can, for both are on one machine.</summary>
    private static string Upstream(Settings settings)
    {
        var address =
            settings
                .Listen.Where(address => address.Port != 0)
                .OrderBy(address => address.Scheme == Uri.UriSchemeHttp ? 0 : 1)
                .FirstOrDefault()
            ?? throw new StartException("LISTEN names no fixed port that nginx could pass requests to; set one");
        var host =
            address.HostNameType == UriHostNameType.Dns || IsAny(address)
                ? IPAddress.Loopback.ToString()
                : address.Host;
        return new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{address.Scheme}://{host}:{address.Port}")
            .ToString();
    }

    private static bool IsAny(Uri address) =>
        IPAddress.Parse(address.IdnHost) is var ip && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));

    private static string Names(Settings settings) =>
        settings.AllowedHosts.Contains("*")
            ? AnyName
            : string.Join(
                ' ',
                settings.AllowedHosts.Select(host => host.Contains(':') ? $"[{host.Trim('[', ']')}]" : host)
            );
}
