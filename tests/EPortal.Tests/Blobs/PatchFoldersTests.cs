using EPortal.Blobs;
using EPortal.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Blobs;

/// <summary>Which files belong to a patchset, and which go with it.</summary>
public sealed class PatchFoldersTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly PatchFolders _folders;

    public PatchFoldersTests() => _folders = new PatchFolders(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Product.Kernel)]
    [InlineData(Product.User)]
    public void Its_size_is_that_of_its_archive_its_patches_and_what_was_fetched_of_it(Product product)
    {
        _folders.SizeOf(product, "K1", "K1.tar").ShouldBe(0);
        Publish(product, "K1", "archive", "patch");
        _folders.SizeOf(product, "K1", "K1.tar").ShouldBe("archive".Length + "patch".Length);
        PublishCache(product, "K1", "fetched one");
        PublishCache(product, "K2", "of another");

        _folders.SizeOf(product, "K1", "K1.tar").ShouldBe("archive".Length + "patch".Length + "fetched one".Length);
        _folders.RemoveCache(product, "K1");
        _folders.SizeOf(product, "K1", "K1.tar").ShouldBe("archive".Length + "patch".Length);
    }

    [Theory]
    [InlineData(Product.Kernel)]
    [InlineData(Product.User)]
    public void What_stood_there_is_replaced_whole(Product product)
    {
        Publish(product, "K1", "old", "old", "another");
        PublishCache(product, "K1", "old", "another");

        Publish(product, "K1", "new", "new");
        PublishCache(product, "K1", "new");

        File.ReadAllText(_folders.ArchiveOf(product, "K1.tar")).ShouldBe("new");
        Files(_folders.FolderOf(product, "K1")).ShouldBe(["kpatch.bin new"]);
        Files(_folders.FolderOf(product, "K1", whole: false)).ShouldBe(["kpatch.bin new"]);
    }

    [Theory]
    [InlineData(Product.Kernel)]
    [InlineData(Product.User)]
    public void What_is_deleted_goes_and_its_neighbours_stay(Product product)
    {
        foreach (var name in (string[])["K1", "K2"])
        {
            Publish(product, name, "archive", "patch");
            PublishCache(product, name, "fetched");
        }

        _folders.Remove(product, "K1", "K1.tar");
        _folders.Has(product, "K1").ShouldBeFalse();
        _folders.Has(product, "K1", whole: false).ShouldBeTrue("only what was unpacked is deleted");
        _folders.RemoveCache(product, "K1");

        _folders.Has(product, "K1", whole: false).ShouldBeFalse();
        _folders.Has(product, "K2").ShouldBeTrue();
        _folders.Has(product, "K2", whole: false).ShouldBeTrue();
        Directory
            .EnumerateFiles(_folder.File("arch"), "*", SearchOption.AllDirectories)
            .Select(Path.GetFileName)
            .Distinct()
            .ShouldBe(["K2.tar"]);
        _folders.Remove(product, "K1", "K1.tar");
    }

    private void Publish(Product product, string name, string archive, params string[] files)
    {
        using var staged = _folders.Stage();
        File.WriteAllText(staged.Archive, archive);
        Fill(staged, files);
        _folders.Publish(staged, product, name, $"{name}.tar");
    }

    private void PublishCache(Product product, string name, params string[] files)
    {
        using var staged = _folders.Stage();
        Fill(staged, files);
        _folders.PublishCache(staged, product, name);
    }

    private static void Fill(StagingFolder staged, string[] files)
    {
        for (var i = 0; i < files.Length; i++)
            File.WriteAllText(Path.Combine(staged.Unpacked, i == 0 ? "kpatch.bin" : $"more{i}"), files[i]);
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder).Select(path => $"{Path.GetFileName(path)} {File.ReadAllText(path)}");
}
