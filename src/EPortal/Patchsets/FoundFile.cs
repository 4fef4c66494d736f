using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>A file of a patch that agents may ask for.</summary>
/// <param name="Path">Where it lies, or belongs once it was fetched.</param>
/// <param name="File">Its name, size and hash.</param>
/// <param name="Patchset">The patchset it is of.</param>
/// <param name="Product">That one's product.</param>
/// <param name="Whole">Whether all files of the patchset are kept here; else each is fetched when asked for.</param>
/// <param name="SourcePath">Where the patch source has it.</param>
internal sealed record FoundFile(
    string Path, PatchFile File, string Patchset, Product Product, bool Whole, string SourcePath);
