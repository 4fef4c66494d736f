namespace EPortal.PatchSource;

/// <summary>What to request from caches before the patch source.</summary>
internal enum CachePolicy
{
    /// <summary>A copy will do: the file of a name never changes.</summary>
    Any,

    /// <summary>Only what the source confirms (<c>Cache-Control: no-cache</c>, RFC 9111, section 5.2.1.4).</summary>
    Confirmed,

    /// <summary>The same, under an address that no cache has seen, for those that do not ask.</summary>
    PastCaches,
}

/// <summary>A small file of the patch source.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Age">How long a cache on the way has had it (RFC 9111, section 5.1); zero when it comes from the
/// source.</param>
internal sealed record SmallFile(byte[] Content, TimeSpan Age);
