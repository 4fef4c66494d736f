using EPortal.Data;
using EPortal.Format;
using EPortal.Tests.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Patchsets;

/// <summary>A name that is taken, given to other content.</summary>
[Trait("threat", "A6")]
public sealed class NameReuseTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestLibrary _library;

    public NameReuseTests() => _library = new TestLibrary(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        await _library.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_same_name_with_other_content_is_refused()
    {
        await _library.Deploy(await SamplePatchset.BuildAsync());
        var before = _library.Tree();
        foreach (
            var other in (byte[][])
                [
                    await SamplePatchset.BuildAsync(salt: "other"),
                    await SamplePatchset.BuildAsync(Compression.Bzip2, salt: "other"),
                    await SamplePatchset.BuildAsync(key: SamplePatchset.Key),
                ]
        )
        {
            var refusal = await Should.ThrowAsync<RefusedException>(() => _library.Deploy(other));
            refusal.Reason.ShouldBe(Refusal.Exists);
            refusal.Message.ShouldBe(
                $"patchset '{SamplePatchset.Name}' already exists with different content; delete it first"
            );
            _library.Tree().ShouldBe(before);
            _library.Staging().ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task After_it_was_deleted_the_name_is_free()
    {
        await _library.Deploy(await SamplePatchset.BuildAsync());
        await _library.Patchsets.Delete(TestLibrary.Admin, Product.Kernel, SamplePatchset.Name);
        _library.FindFileOrNull(SamplePatchset.Kernel('a'), 1, "kpatch.bin").ShouldBeNull();
        Directory.EnumerateFiles(_folder.Path, "*kpatch*", SearchOption.AllDirectories).ShouldBeEmpty();
        await _library.Deploy(await SamplePatchset.BuildAsync(Compression.Zstd, salt: " anew"));
        File.ReadAllText(_library.FindFileOrNull(SamplePatchset.Kernel('a'), 1, "kpatch.bin")!.Path)
            .ShouldBe("payload a anew");
        Directory.EnumerateFiles(_folder.File("arch")).ShouldHaveSingleItem().ShouldEndWith(".tar.zst");
    }

    [Fact]
    public async Task The_name_is_free_for_another_product()
    {
        await _library.Deploy(await SamplePatchset.BuildAsync());
        var builder = new PatchsetBuilder(SamplePatchset.Head(product: Product.User));
        builder.AddTarget(SamplePatchset.Target(SamplePatchset.Kernel('d')));
        builder.AddFile(SamplePatchset.Kernel('d'), "libc.bin", [1]);
        await _library.Deploy(await SamplePatchset.BytesAsync(builder, Compression.None, null), product: Product.User);
        _library.Names(Product.User).ShouldBe(_library.Names());
    }
}
