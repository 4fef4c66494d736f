using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EPortal.Servers.CheckIns;

/// <summary>
/// Tells whether a host says what it said last: the first 8 bytes of a SHA-256. Whoever makes two that are alike
/// deceives nobody about any host but the own one. 0 stands for none.
/// </summary>
internal static class FactsDigest
{
    /// <summary>Of these bytes.</summary>
    public static long Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash) is not 0 and var digest ? digest : 1;
    }

    /// <summary>Of a feed's name.</summary>
    public static long OfFeed(string name) => Of(Encoding.UTF8.GetBytes(name));

    /// <summary>Of something said by a host that follows a feed: the same with another feed is something new.</summary>
    public static long ForFeed(long digest, long feed) =>
        digest == 0 ? 0
        : digest + feed is not 0 and var both ? both
        : 1;
}
