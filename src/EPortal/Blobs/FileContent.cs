using System.Security.Cryptography;
using EPortal.Format;

namespace EPortal.Blobs;

/// <summary>The content of a file on disk.</summary>
internal static class FileContent
{
    /// <summary>Whether a file is there with this size and SHA-256.</summary>
    public static bool Is(string path, FileEntry entry)
    {
        if (new FileInfo(path) is not { Exists: true } found || found.Length != entry.Size)
            return false;
        using var content = found.OpenRead();
        return Convert.ToHexStringLower(SHA256.HashData(content)) == entry.Sha256;
    }
}
