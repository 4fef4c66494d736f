using System.Security.Cryptography;
using EPortal.Format;

namespace EPortal.PatchSource;

/// <summary>The index that was accepted last.</summary>
/// <param name="Url">Root of the source it came from.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">Its hash, lower-case hex.</param>
/// <param name="SignedBy">Id of the key that signed it; null when none was pinned.</param>
internal sealed record AcceptedIndex(string Url, long Version, string Sha256, string? SignedBy);

/// <summary>An accepted index.</summary>
internal sealed record TrustedIndex(
    RepositoryIndex Index,
    byte[] Json,
    string Signature,
    string Sha256,
    string? SignedBy
)
{
    /// <summary>How long a cache on the way has had it; zero when it comes from the source.</summary>
    public TimeSpan Age { get; init; }
}

/// <summary>
/// Decides whether an index of a patch source is accepted: signed by a pinned key, not older than the last, not
/// expired, no jump of the version. The last seen version counts only while the key that signed it is pinned, so
/// replacing that key also undoes an index that jumped ahead.
/// </summary>
internal static class IndexTrust
{
    /// <summary>How far a version may be ahead of the last: 34 years of one a millisecond.</summary>
    public const long LongestLeap = 1L << 40;

    /// <summary>Checks an index.</summary>
    /// <exception cref="SourceException">It is refused; its code says why.</exception>
    public static TrustedIndex Check(
        byte[] json,
        string? signature,
        string url,
        TrustedKeys trusted,
        AcceptedIndex? seen,
        DateTimeOffset now
    )
    {
        var signedBy = trusted.IsEmpty ? null : Verify(json, signature, trusted);
        var index = Parse(json);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(json));
        var last = seen is not null && Counts(seen, url, trusted) ? seen : null;
        if (last is not null && index.Version < last.Version)
            throw new SourceException(
                SourceError.Older,
                $"the index of the patch source is older than the last one seen: version {index.Version} after {last.Version}"
            );
        if (last is not null && index.Version == last.Version && sha256 != last.Sha256)
            throw new SourceException(
                SourceError.Mixed,
                $"the index of the patch source changed without a new version: two different ones of version {index.Version}"
            );
        if (
            index.Version > RepositoryIndex.MaxVersion
            || (last is not null && index.Version - last.Version > LongestLeap)
        )
            throw new SourceException(
                SourceError.FastForward,
                $"the version of the patch source's index jumps to {index.Version}, so no later one could follow"
            );
        if (index.Expires <= now)
            throw new SourceException(
                SourceError.Expired,
                $"the index of the patch source expired at {index.Expires:yyyy-MM-dd HH:mm} UTC; the source has not been updated since"
            );
        return new TrustedIndex(index, json, signature ?? "", sha256, signedBy);
    }

    private static string Verify(byte[] json, string? signature, TrustedKeys trusted)
    {
        if (signature is null)
            throw new SourceException(
                SourceError.Unsigned,
                "the index of the patch source is not signed, but TRUSTED_KEYS requires a signature"
            );
        try
        {
            return trusted.Verify(json, signature, "the index of the patch source").KeyId;
        }
        catch (PatchsetException e)
        {
            throw new SourceException(SourceError.WronglySigned, e.Message, e);
        }
    }

    private static RepositoryIndex Parse(byte[] json)
    {
        try
        {
            return RepositoryIndex.Parse(json);
        }
        catch (PatchsetException e)
        {
            throw new SourceException(
                SourceError.BadAnswer,
                $"the answer of the patch source is not an index of patchsets: {e.Message}",
                e
            );
        }
    }

    private static bool Counts(AcceptedIndex seen, string url, TrustedKeys trusted) =>
        trusted.IsEmpty
            ? seen.SignedBy is null && seen.Url == url
            : trusted.Keys.Any(key => key.KeyId == seen.SignedBy);
}
