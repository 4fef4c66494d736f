using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EPortal.Data;

/// <summary>
/// Ties an origin's operations together: each carries the hash of the one before it, so two histories of one origin, as
/// a restored backup makes them, part at the first operation that differs.
/// </summary>
internal static class OperationHash
{
    /// <summary>Bytes of a hash that are kept: it tells histories apart and is no signature.</summary>
    private const int Size = 16;

    /// <summary>Whether an operation can come behind one of a hash; where either is not known, it can.</summary>
    public static bool MayFollow(string hash, string previousHash) =>
        hash.Length == 0 || previousHash.Length == 0 || hash == previousHash;

    /// <summary>
    /// Hash of an operation whose content lies in the log as <paramref name="content"/>; 32 lower-case hex digits.
    /// </summary>
    public static string Of(Operation operation, string content)
    {
        // Only the last part may hold a line feed, so no two operations make the same text.
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{operation.PreviousHash}\n{operation.Id}\n{operation.Stamp}\n{operation.Entity}\n{content}"
        );
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, Size));
    }
}
