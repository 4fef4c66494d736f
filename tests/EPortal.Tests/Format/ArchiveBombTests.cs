using EPortal.Format;
using EPortal.Tests.Hosting;
using EPortal.Tests.Patchsets;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>Archives that are small until they are read.</summary>
[Trait("threat", "A3")]
public sealed class ArchiveBombTests : IDisposable
{
    private const long Mega = 1 << 20;
    private const long MostMemory = 40 * Mega;

    /// <summary>RFC 1952: header, an empty last block, checksum and length of nothing.</summary>
    private static readonly byte[] EmptyGzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_of_100_GB_is_refused_by_its_header()
    {
        var archive = new HandMadeArchive().Begin().Raw(Sealed("x", 4L << 30)).Cut();
        Stopped(new RepeatedStream(archive, new byte[4096]), archive.Length, "is not in the manifest");
        archive = new HandMadeArchive().Begin().Raw(Sealed("x", (4L << 30) + 1)).Cut();
        Stopped(new RepeatedStream(archive, new byte[4096]), archive.Length, "is larger than 4294967296 bytes");

        // The largest number that the field can hold, 8 GiB less a byte, twelve digits: 64 GiB.
        archive = new HandMadeArchive()
            .Begin()
            .Add("x", [], '0', header => TarBytes.Put(header, 124, "777777777777"))
            .Cut();
        Stopped(new RepeatedStream(archive, new byte[4096]), archive.Length, "is larger than");
    }

    [Fact]
    public void A_manifest_that_announces_100_GB_is_refused_before_anything_is_written()
    {
        var archive = new HandMadeArchive();
        for (var i = 0; i < 25; i++)
            archive.Files[$"zeros{i}"] = new System.Text.Json.Nodes.JsonObject
            {
                ["size"] = 4L << 30,
                ["sha256"] = new string('0', 64),
            };
        var head = archive.Begin().Add(HandMadeArchive.PayloadName, HandMadeArchive.Payload).Cut();
        Stopped(new RepeatedStream(head, new byte[4096]), head.Length, "more than 17179869184 bytes");
    }

    [Fact]
    public void What_unpacks_to_more_than_the_bound_is_stopped_there()
    {
        var limits = PatchsetLimits.Default with { MaxUnpackedBytes = 3 * Mega };
        var archive = new HandMadeArchive();
        archive.Files["zeros"] = new System.Text.Json.Nodes.JsonObject
        {
            ["size"] = 3 * Mega - 100,
            ["sha256"] = new string('0', 64),
        };
        var head = archive
            .Begin()
            .Add(HandMadeArchive.PayloadName, HandMadeArchive.Payload)
            .Raw(Sealed($"{HandMadeArchive.Id}/1/zeros", 3 * Mega - 100))
            .Cut();
        Stopped(
            new RepeatedStream(head, new byte[4096]),
            3 * Mega + 4096,
            "unpacked archive is larger than 3145728 bytes",
            limits
        );
    }

    [Fact]
    public void Endless_zeros_after_the_end_are_stopped()
    {
        var archive = new HandMadeArchive().Bytes();
        Stopped(new RepeatedStream(archive, new byte[4096]), archive.Length + 5 * Mega, "trailing data after the end");
        Stopped(new RepeatedStream([], new byte[4096]), 5 * Mega, "The archive");
    }

    [Theory]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Bzip2)]
    [InlineData(Compression.Zstd)]
    public void Compressed_zeros_are_stopped(Compression compression)
    {
        var head = SamplePatchset.Compress(new HandMadeArchive().Bytes(), compression);
        var zeros = SamplePatchset.Compress(new byte[Mega], compression);
        zeros.Length.ShouldBeLessThan(2000);
        // A thousand times a mega, 1 GB out of a MB; it is enough that a few of them are taken.
        Stopped(new RepeatedStream(head, zeros, 1000), head.Length + 300_000, "trailing data after the end");
    }

    [Theory]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Bzip2)]
    [InlineData(Compression.Zstd)]
    public async Task Endless_empty_streams_cost_no_more_than_their_bytes(Compression compression)
    {
        var head = SamplePatchset.Compress(new HandMadeArchive().Bytes(), compression);
        var limits = PatchsetLimits.Default with { MaxArchiveBytes = Mega };
        using var stream = new RepeatedStream(
            head,
            compression == Compression.Gzip ? EmptyGzip : SamplePatchset.Compress([], compression)
        );
        var task = Task.Run(() => VerifyAsync(stream, limits), TestContext.Current.CancellationToken);
        await Should.ThrowAsync<PatchsetException>(() =>
            task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)
        );
        stream.Count.ShouldBeLessThanOrEqualTo(2 * Mega);
    }

    [Fact]
    public void A_million_members_are_stopped_at_the_bound()
    {
        var archive = new HandMadeArchive().Begin().Cut();
        var folder = new TarBytes().Add($"{HandMadeArchive.Id}/", [], '5').Cut();
        Stopped(
            new RepeatedStream(archive, folder, 1_000_000),
            archive.Length + 200_010 * 512L,
            "more than 200000 members",
            memory: 400 * Mega
        );
        var file = new TarBytes().Add("x", []).Cut();
        Stopped(new RepeatedStream(archive, file, 1_000_000), archive.Length + 512, "is not in the manifest");
    }

    [Fact]
    public void A_manifest_that_lists_too_many_files_is_stopped_at_the_bound()
    {
        var archive = new HandMadeArchive();
        archive.Files["second"] = HandMadeArchive.Entry([]);
        var bytes = archive.Begin().End();
        Stopped(
            new RepeatedStream(bytes, []),
            bytes.Length,
            "lists more than 1 files",
            PatchsetLimits.Default with
            {
                MaxMembers = 1,
            }
        );
    }

    [Fact]
    public void Compression_in_compression_is_not_unpacked_twice()
    {
        var inner = SamplePatchset.Compress(new byte[64 * Mega], Compression.Gzip);
        foreach (var outer in (Compression[])[Compression.Gzip, Compression.Bzip2, Compression.Zstd])
        {
            var nested = SamplePatchset.Compress(SamplePatchset.Compress(inner, Compression.Gzip), outer);
            Stopped(new RepeatedStream(nested, [], 0), nested.Length, "not an archive");
        }
    }

    [Fact]
    public async Task An_endless_archive_is_stopped_and_staging_is_emptied()
    {
        await using var library = new TestLibrary(
            _folder.File("data"),
            limits: PatchsetLimits.Default with
            {
                MaxArchiveBytes = Mega,
            }
        );
        var before = library.Tree();
        using var endless = new RepeatedStream(new HandMadeArchive().Bytes(), new byte[4096]);
        var refusal = await Should.ThrowAsync<PatchsetException>(() =>
            library.Patchsets.Deploy(
                TestLibrary.Admin,
                Product.Kernel,
                endless,
                (_, _) => { },
                TestContext.Current.CancellationToken
            )
        );
        refusal.Message.ShouldBe("archive is larger than 1048576 bytes");
        endless.Count.ShouldBeLessThan(2 * Mega);
        library.Staging().ShouldBeEmpty();
        library.Tree().ShouldBe(before);
    }

    private static Task<StagedPatchset> VerifyAsync(Stream stream, PatchsetLimits limits) =>
        PatchsetArchive.VerifyAsync(
            stream,
            TrustedKeys.None,
            limits,
            SamplePatchset.Now,
            TestContext.Current.CancellationToken
        );

    private static byte[] Sealed(string name, long size)
    {
        var header = TarBytes.Header(name, size, '0');
        TarBytes.Seal(header);
        return header;
    }

    /// <summary>Reads it on this thread, so that what that takes of memory can be told.</summary>
    private static void Stopped(
        RepeatedStream stream,
        long mostRead,
        string words,
        PatchsetLimits? limits = null,
        long memory = MostMemory
    )
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = VerifyAsync(stream, limits ?? PatchsetLimits.Default);
        reading.IsCompleted.ShouldBeTrue();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(memory);
        Should.Throw<PatchsetException>(() => reading).Message.ShouldContain(words);

        // A decompressor reads ahead.
        stream.Count.ShouldBeLessThanOrEqualTo(mostRead + (256 << 10));
    }
}
