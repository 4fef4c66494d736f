using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>A requested file.</summary>
/// <param name="Target">What the patch fits.</param>
/// <param name="Level">Its level.</param>
/// <param name="File">Name of the file.</param>
/// <param name="Sha256">Its hash; a patch may be in several patchsets with a description each. Null for any.</param>
/// <param name="Patchset">The patchset it is of; null for any.</param>
internal sealed record PatchFileRequest(
    string Target,
    int Level,
    string File,
    string? Sha256 = null,
    string? Patchset = null
);

/// <summary>A file of a patch that agents may ask for.</summary>
/// <param name="Path">Where it lies, or belongs once it was fetched.</param>
/// <param name="File">Its name, size and hash.</param>
/// <param name="Patchset">The patchset it is of.</param>
/// <param name="Product">That one's product.</param>
/// <param name="Whole">Whether all files of the patchset are kept here; else each is fetched when asked for.</param>
/// <param name="SourcePaths">Where the patch source may have it, the likelier place first.</param>
internal sealed record PatchFileLocation(
    string Path,
    PatchFile File,
    string Patchset,
    Product Product,
    bool Whole,
    IReadOnlyList<string> SourcePaths
);
