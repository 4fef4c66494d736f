using EPortal.Format;

namespace EPortal.Blobs;

/// <summary>
/// Lists the archives of all products in one folder: <c>arch/U1.tar.bz2</c> is a symbolic link to
/// <c>user/U1.tar.bz2</c>. Kernel archives lie there themselves, and where names are equal they and the first link
/// stay.
/// </summary>
internal static class ArchiveLinks
{
    /// <summary>Lists an archive that is in place.</summary>
    public static void Add(string folder, Product product, string archive)
    {
        var link = new FileInfo(Path.Combine(folder, archive));
        if (link.Exists && !LeadsNowhere(link))
            return;
        link.Delete();
        link.CreateAsSymbolicLink(TargetOf(product, archive));
    }

    /// <summary>Removes an archive from the list.</summary>
    public static void Remove(string folder, Product product, string archive)
    {
        var link = new FileInfo(Path.Combine(folder, archive));
        if (link.LinkTarget == TargetOf(product, archive))
            link.Delete();
    }

    /// <summary>
    /// Lists what is there and nothing else: earlier versions listed nothing, and a crash may come before or after a
    /// link.
    /// </summary>
    public static void Refresh(string folder)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(LeadsNowhere))
            file.Delete();
        foreach (
            var product in Products.All.Where(product =>
                product != Product.Kernel && Directory.Exists(Path.Combine(folder, product.Token()))
            )
        )
        {
            foreach (var archive in Directory.EnumerateFiles(Path.Combine(folder, product.Token())))
                Add(folder, product, Path.GetFileName(archive));
        }
    }

    /// <summary>For the framework, a dangling link exists.</summary>
    private static bool LeadsNowhere(FileInfo file) =>
        file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is not { Exists: true };

    private static string TargetOf(Product product, string archive) => $"{product.Token()}/{archive}";
}
