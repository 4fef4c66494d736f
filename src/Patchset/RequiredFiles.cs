namespace EPortal.Format;

/// <summary>The files without which a patch is of no use to an agent.</summary>
public static class RequiredFiles
{
    /// <summary>The live-patch module of a kernel patch.</summary>
    public const string KernelModule = "kpatch.bin";

    /// <summary>
    /// What the files of a patch lack; null when nothing. A kernel patch needs <see cref="KernelModule"/>, those of
    /// other products a file besides the description and its signature; an empty file does not count.
    /// </summary>
    /// <param name="product">What is patched.</param>
    /// <param name="files">Name and size in bytes of each file.</param>
    public static string? LackingOrNull(Product product, IEnumerable<(string Name, long Size)> files)
    {
        var filled = files.Where(file => file.Size > 0);
        if (product == Product.Kernel)
            return filled.Any(file => file.Name == KernelModule) ? null : KernelModule;
        return filled.Any(file => file.Name is not (PatchDescription.FileName or PatchDescription.SignatureFileName))
            ? null
            : "a payload file";
    }
}
