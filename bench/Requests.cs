using System.Text;

namespace Bench;

/// <summary>The requests that are sent, as bytes.</summary>
internal static class Requests
{
    /// <summary>A kernel id.</summary>
    public static readonly string Target = new('c', 40);

    /// <summary>A check-in with all the facts that an agent tells.</summary>
    public static byte[] CheckIn(string serverId, string version)
    {
        var body = $$"""
            {"server_id":"{{serverId}}","hostname":"web-{{serverId}}.example.com","kernel_id":"{{Target}}","release":"5.14.0-503.el9.x86_64",
            "euname":"5.14.0-570.el9.x86_64","patch_level":1,"patch_type":"kernel","uptime":123456,"version":"{{version}}","virt":"kvm",
            "kcare_version":"1.0.0","distro":"AlmaLinux","distro_version":"9.5","machine":"x86_64","processor":"x86_64"}
            """;
        return Encoding.ASCII.GetBytes(
            $"POST /admin/api/kcare/checkin HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    /// <summary>What level to run, without a check-in.</summary>
    public static byte[] Latest(string serverId) => Encoding.ASCII.GetBytes(
        $"GET /{Target}/latest.v1 HTTP/1.1\r\nHost: bench\r\nAuthorization: Basic "
        + $"{Convert.ToBase64String(Encoding.ASCII.GetBytes($"{serverId}:kernelcare"))}\r\n\r\n");

    /// <summary>A file.</summary>
    public static byte[] File(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
}
