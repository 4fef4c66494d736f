using EPortal.Data;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>A patchset as the portal knows it.</summary>
/// <param name="Id">Entity id, the same on every node; empty for one that the patch source lists and nobody fetched
/// yet.</param>
/// <param name="Product">What it patches.</param>
/// <param name="Name">Unique within the product.</param>
/// <param name="Released">When its maker released it; the order of patchsets.</param>
/// <param name="Channel"><c>default</c>, <c>test</c> or <c>unstable</c>.</param>
/// <param name="Distros">Distributions it holds patches for.</param>
/// <param name="ManifestSha256">Hash of its manifest: two patchsets are the same when this is.</param>
/// <param name="SignedBy">Id of the key that signed it, if it was signed.</param>
/// <param name="AvailableAt">Since when it is here, if only by its manifest; null while it is not. Never moves.</param>
/// <param name="Whole">Whether all its files are here; else they are fetched when asked for.</param>
/// <param name="Held">Whether it is kept off all feeds, because the patch source blocked it.</param>
/// <param name="Listed">Its state at the patch source; null if it is no longer listed, or there is no source.</param>
/// <param name="Archive">File name of its archive under <c>arch/</c>.</param>
internal sealed record Patchset(
    string Id,
    Product Product,
    string Name,
    DateTimeOffset Released,
    string Channel,
    IReadOnlyList<string> Distros,
    string ManifestSha256,
    string? SignedBy,
    DateTimeOffset? AvailableAt,
    bool Whole,
    bool Held,
    RepositoryState? Listed,
    string Archive
) : IComparable<Patchset>
{
    /// <summary>How the store sees it.</summary>
    public static readonly EntityType Entity = new(
        "patchset",
        "product",
        "name",
        "released",
        "channel",
        "distros",
        "summary",
        "changelog",
        "manifest_sha256",
        "archive",
        "signed_by"
    )
    {
        NamedBy = ["product", "name"],
        CanBeHeld = true,
        ShapesOffers = true,
        Projection = new PatchsetCopies(),
    };

    /// <summary>Whether agents can get its patches.</summary>
    public bool IsHere => AvailableAt is not null;

    /// <summary>Whether the patch source blocked it, so that it may not be on any feed.</summary>
    public bool IsBlocked => Held || Listed == RepositoryState.Blocked;

    /// <summary>Order of patchsets: by release time, then by name.</summary>
    public int CompareTo(Patchset? other) =>
        other is null ? 1
        : Released != other.Released ? Released.CompareTo(other.Released)
        : string.CompareOrdinal(Name, other.Name);
}
