using EPortal.Format;

namespace EPortal.Blobs;

/// <summary>
/// Where archives and unpacked patches lie: <c>arch/NAME.tar.bz2</c> and <c>resources/NAME/TARGET/LEVEL/FILE</c> for
/// kernels, a folder per product below <c>arch/</c> (with links in <c>arch/</c> itself) and <c>user-resources/</c> for
/// the others; patches that were fetched one by one under <c>cache/patches/PRODUCT/NAME/</c>. A patchset's folder
/// appears by one rename, so it is there whole or not at all.
/// </summary>
internal sealed class PatchFolders(string root)
{
    private const string Staging = ".staging";

    /// <summary>The unpacked folder of a patchset, or that of what was fetched of one by one.</summary>
    public string FolderOf(Product product, string name, bool whole = true) =>
        Path.Combine(whole ? ResourcesOf(product) : CacheOf(product), name);

    /// <summary>Whether such a folder is here.</summary>
    public bool Has(Product product, string name, bool whole = true) =>
        Directory.Exists(FolderOf(product, name, whole));

    /// <summary>The archive of a patchset.</summary>
    public string ArchiveOf(Product product, string fileName) => Path.Combine(ArchivesOf(product), fileName);

    /// <summary>A file of a patch. All parts are names the store knows, never what a caller sent.</summary>
    public string FileOf(Product product, string patchset, bool whole, string target, int level, string file) =>
        Path.Combine(
            FolderOf(product, patchset, whole),
            target,
            level.ToString(System.Globalization.CultureInfo.InvariantCulture),
            file
        );

    /// <summary>A place to build up a patchset on the file system it will stay on.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public StagingFolder Stage()
    {
        var parent = Path.Combine(root, "resources", Staging);
        Directory.CreateDirectory(parent);
        StagingFolder.SweepAbandoned(parent);
        return new StagingFolder(parent);
    }

    /// <summary>
    /// Puts a staged patchset and its archive where they belong, flushed to disk. What stood there belonged to no
    /// record (the caller has made sure, holding <see cref="LockNames"/>) and is replaced.
    /// </summary>
    public void Publish(StagingFolder staged, Product product, string name, string archiveFileName)
    {
        Directory.CreateDirectory(ArchivesOf(product));
        Directory.CreateDirectory(ResourcesOf(product));
        DurableFile.SyncFileSystem(staged.Path);
        Remove(product, name, archiveFileName);
        File.Move(staged.Archive, ArchiveOf(product, archiveFileName));
        Directory.Move(staged.Unpacked, FolderOf(product, name));
        if (product != Product.Kernel)
            ArchiveLinks.Add(ArchivesOf(Product.Kernel), product, archiveFileName);
        DurableFile.SyncFolder(ArchivesOf(product));
        DurableFile.SyncFolder(ResourcesOf(product));
    }

    /// <summary>
    /// Puts the staged descriptions of a patchset's patches in place of those that are here. A crash on the way leaves
    /// some of before, which then are found to be other than recorded and taken from the archive.
    /// </summary>
    public void TakeDescriptions(StagingFolder staged, Product product, string name, Manifest manifest)
    {
        DurableFile.SyncFileSystem(staged.Path);
        foreach (var target in manifest.Targets)
        {
            var patch = Path.Combine(
                target.Id,
                target.Level.ToString(System.Globalization.CultureInfo.InvariantCulture)
            );
            foreach (var file in (string[])[PatchDescription.FileName, PatchDescription.SignatureFileName])
                File.Move(
                    Path.Combine(staged.Unpacked, patch, file),
                    Path.Combine(FolderOf(product, name), patch, file),
                    overwrite: true
                );
            DurableFile.SyncFolder(Path.Combine(FolderOf(product, name), patch));
        }
    }

    /// <summary>
    /// Puts the staged folder of a patchset whose files are fetched one by one where it belongs; as for
    /// <see cref="Publish"/>.
    /// </summary>
    public void PublishCache(StagingFolder staged, Product product, string name)
    {
        Directory.CreateDirectory(CacheOf(product));
        DurableFile.SyncFileSystem(staged.Path);
        RemoveCache(product, name);
        Directory.Move(staged.Unpacked, FolderOf(product, name, whole: false));
        DurableFile.SyncFolder(CacheOf(product));
    }

    /// <summary>Deletes the files of a patchset that no record names any more.</summary>
    public void Remove(Product product, string name, string archiveFileName)
    {
        File.Delete(ArchiveOf(product, archiveFileName));
        ArchiveLinks.Remove(ArchivesOf(Product.Kernel), product, archiveFileName);
        Delete(FolderOf(product, name));
    }

    /// <summary>Deletes what was fetched of a patchset one by one.</summary>
    public void RemoveCache(Product product, string name) => Delete(FolderOf(product, name, whole: false));

    /// <summary>Bytes that the files of a patchset take.</summary>
    public long SizeOf(Product product, string name, string archiveFileName)
    {
        var archive = new FileInfo(ArchiveOf(product, archiveFileName));
        return (archive.Exists ? archive.Length : 0)
            + SizeOf(FolderOf(product, name))
            + SizeOf(FolderOf(product, name, whole: false));
    }

    /// <summary>Lists the archives of all products in <c>arch/</c>, where they are looked for.</summary>
    public void ListArchives()
    {
        if (!Directory.Exists(ArchivesOf(Product.Kernel)))
            return;
        using var names = LockNames();
        ArchiveLinks.Refresh(ArchivesOf(Product.Kernel));
    }

    /// <summary>Held from looking whether a name is taken until its record is written; across processes.</summary>
    public FileLock LockNames() => FileLock.Acquire(Path.Combine(root, "resources", ".names.lock"));

    private static long SizeOf(string folder) =>
        Directory.Exists(folder)
            ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
            : 0;

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private string CacheOf(Product product) => Path.Combine(root, "cache", "patches", product.Token());

    private string ResourcesOf(Product product) =>
        product == Product.Kernel
            ? Path.Combine(root, "resources")
            : Path.Combine(root, "user-resources", product.Token());

    private string ArchivesOf(Product product) =>
        product == Product.Kernel ? Path.Combine(root, "arch") : Path.Combine(root, "arch", product.Token());
}
