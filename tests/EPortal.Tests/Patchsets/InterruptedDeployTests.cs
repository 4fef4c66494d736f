using EPortal.Data;
using EPortal.Format;
using EPortal.Tests.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Patchsets;

/// <summary>A deploy that ends early, wherever it ends, leaves everything as if it had never begun.</summary>
[Trait("threat", "A7")]
public sealed class InterruptedDeployTests : IAsyncDisposable
{
    private const int Page = 4096;

    private readonly TempFolder _folder = new();

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(Compression.None)]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Bzip2)]
    [InlineData(Compression.Zstd)]
    public async Task Cut_at_any_byte_it_is_refused(Compression compression)
    {
        await using var library = new TestLibrary(_folder.Path);
        var archive = await SamplePatchset.BuildAsync(compression);
        var before = library.Tree();

        // Checking needs no disk, so every byte is tried; deploying is tried at every 37th.
        for (var length = 0; length < archive.Length; length++)
        {
            var cut = archive[..length];
            await Should.ThrowAsync<PatchsetException>(
                () =>
                    PatchsetArchive.VerifyAsync(
                        new MemoryStream(cut),
                        TrustedKeys.None,
                        PatchsetLimits.Default,
                        SamplePatchset.Now,
                        CancellationToken.None
                    ),
                $"cut at {length} of {archive.Length}"
            );
            if (length % 37 == 0)
            {
                await Should.ThrowAsync<PatchsetException>(() => library.Deploy(cut));
                library.Staging().ShouldBeEmpty();
            }
        }

        library.Tree().ShouldBe(before);
        await library.Deploy(archive);
    }

    /// <summary>Once the framework has read gzip without looking for its end, it never does.</summary>
    [Fact]
    public async Task A_cut_gzip_is_refused_whatever_the_process_has_read_before()
    {
        using var child = ChildProcess.Start("gzip", []);
        (await child.EndAsync(TestContext.Current.CancellationToken)).Out.ShouldBe($"{PatchsetErrorCode.BadArchive}\n");
    }

    [Fact]
    public async Task Cancelled_at_any_read_it_leaves_nothing()
    {
        await using var library = new TestLibrary(_folder.Path);
        var archive = await SamplePatchset.BuildAsync();
        var before = library.Tree();
        for (var reads = 0; reads <= archive.Length / 512; reads++)
        {
            using var cancel = new CancellationTokenSource();
            using var stream = new StoppingStream(archive, 512, reads, cancel.Cancel);
            await Should.ThrowAsync<OperationCanceledException>(() =>
                library.Patchsets.Deploy(TestLibrary.Admin, Product.Kernel, stream, (_, _) => { }, cancel.Token)
            );
            library.Staging().ShouldBeEmpty();
        }

        using var failing = new StoppingStream(archive, 512, 7, () => throw new IOException("the cable was pulled"));
        await Should.ThrowAsync<IOException>(() =>
            library.Patchsets.Deploy(TestLibrary.Admin, Product.Kernel, failing, (_, _) => { }, CancellationToken.None)
        );
        library.Staging().ShouldBeEmpty();
        library.Tree().ShouldBe(before);
        library.Names().ShouldBeEmpty();
    }

    [Fact]
    public async Task With_the_disk_full_at_any_page_it_leaves_nothing()
    {
        var root = _folder.File("disk");
        using var disk = SmallDisk.MountOrSkip(root, "2m");
        await using var library = new TestLibrary(root);
        var archive = await SamplePatchset.BuildAsync();
        await library.Deploy(archive);
        await library.Patchsets.Delete(TestLibrary.Admin, Product.Kernel, SamplePatchset.Name);
        var before = library.Tree();
        var failed = 0;
        for (var free = 0; ; free++)
        {
            disk.FillBut(free * Page);
            try
            {
                await library.Deploy(archive);
                disk.Free();
                break;
            }
            catch (Exception e) when (e is IOException or StoreException)
            {
                failed++;
                disk.Free();
                library.Staging().ShouldBeEmpty($"with {free} pages free: {e.Message}");
                library.Tree().ShouldBe(before, $"with {free} pages free: {e.Message}");
                library.Names().ShouldBeEmpty();
            }
        }

        failed.ShouldBeGreaterThan(10);
        library.FindFileOrNull(SamplePatchset.Kernel('b'), 1, "kpatch.bin").ShouldNotBeNull();
    }

    /// <summary>Gives an archive in small reads and does something at one of them.</summary>
    private sealed class StoppingStream(byte[] archive, int step, int reads, Action stop) : ReadOnlyStream
    {
        private int _at;
        private int _reads;

        public override int Read(Span<byte> buffer)
        {
            if (_reads++ == reads)
                stop();
            var length = Math.Min(Math.Min(step, buffer.Length), archive.Length - _at);
            archive.AsSpan(_at, length).CopyTo(buffer);
            _at += length;
            return length;
        }
    }
}
