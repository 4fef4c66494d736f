using System.Text;

namespace Bench;

/// <summary>The requests that are sent, as bytes.</summary>
internal static class Requests
{
    /// <summary>A kernel id.</summary>
    public static readonly string Target = new('c', 40);

    /// <summary>A file.</summary>
    public static byte[] File(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
}
