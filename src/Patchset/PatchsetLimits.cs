namespace EPortal.Format;

/// <summary>
/// Bounds on what is read, so that a hostile archive costs no more than an honest one. Sizes in bytes.
/// </summary>
public sealed record PatchsetLimits
{
    /// <summary>The default limits.</summary>
    public static PatchsetLimits Default { get; } = new();

    /// <summary>The archive as it comes, compressed.</summary>
    public long MaxArchiveBytes { get; init; } = 8L << 30;

    /// <summary>The archive unpacked.</summary>
    public long MaxUnpackedBytes { get; init; } = 16L << 30;

    /// <summary>One file.</summary>
    public long MaxFileBytes { get; init; } = 4L << 30;

    /// <summary>Members, folders included.</summary>
    public int MaxMembers { get; init; } = 200_000;

    /// <summary>Targets in a manifest.</summary>
    public int MaxTargets { get; init; } = 50_000;

    /// <summary>The manifest.</summary>
    public int MaxManifestBytes { get; init; } = 64 << 20;

    /// <summary>A patch description.</summary>
    public int MaxDescriptionBytes { get; init; } = 256 << 10;

    /// <summary>A signature.</summary>
    public int MaxSignatureBytes { get; init; } = 16 << 10;
}
