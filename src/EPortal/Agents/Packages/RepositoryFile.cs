using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace EPortal.Agents.Packages;

/// <summary>A file of a repository: metadata in memory, or a package on disk.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="Content">Its content, when it is metadata.</param>
/// <param name="Disk">Where it lies, when it is a package.</param>
internal sealed record RepositoryFile(long Size, string Sha256, byte[]? Content, string? Disk)
{
    /// <summary>An empty file compressed by gzip, for which .NET writes nothing at all.</summary>
    private static readonly byte[] NothingPacked =
    [
        0x1f,
        0x8b,
        0x08,
        0,
        0,
        0,
        0,
        0,
        0,
        0x03,
        0x03,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ];

    /// <summary>Metadata.</summary>
    public static RepositoryFile Of(byte[] content) =>
        new(content.Length, Convert.ToHexStringLower(SHA256.HashData(content)), content, null);

    /// <summary>Metadata that is text.</summary>
    public static RepositoryFile Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>The same compressed by gzip.</summary>
    public RepositoryFile Gzip()
    {
        if (Size == 0)
            return Of(NothingPacked);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            gzip.Write(Content);
        return Of(packed.ToArray());
    }
}
