using EPortal.Format;
using EPortal.Tests.Patchsets;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>Members that are no plain files.</summary>
[Trait("threat", "A2")]
public sealed class SpecialMemberTests(RefusalFixture doors) : IClassFixture<RefusalFixture>
{
    [Theory]
    [InlineData('1', "hard link")]
    [InlineData('2', "symbolic link")]
    [InlineData('3', "device")]
    [InlineData('4', "device")]
    [InlineData('6', "FIFO")]
    [InlineData('7', "unknown type")]
    [InlineData('D', "unknown type")]
    [InlineData('K', "GNU long name")]
    [InlineData('L', "GNU long name")]
    [InlineData('M', "unknown type")]
    [InlineData('N', "unknown type")]
    [InlineData('S', "sparse file")]
    [InlineData('V', "unknown type")]
    [InlineData('X', "pax extension header")]
    [InlineData('g', "pax extension header")]
    [InlineData('x', "pax extension header")]
    [InlineData('\xff', "unknown type")]
    public async Task Any_other_kind_of_member_is_refused_wherever_it_stands(char kind, string words)
    {
        void Link(byte[] header)
        {
            header[156] = (byte)kind;
            TarBytes.Put(header, 157, "/etc/passwd");
        }

        foreach (
            var archive in (byte[][])
                [
                    new TarBytes().Add("manifest.json", [], kind, Link).End(),
                    new HandMadeArchive().Begin().Add("manifest.json.minisig", [], kind, Link).End(),
                    new HandMadeArchive().Begin().Add(HandMadeArchive.PayloadName, [], kind, Link).End(),
                    new HandMadeArchive().With(tar => tar.Add("x", [], kind, Link)),
                    new HandMadeArchive().With(tar => tar.Add("x", new byte[700], kind, Link)),
                ]
        )
            await doors.RefusedAsync(archive, PatchsetErrorCode.BadMember, words);
    }

    [Fact]
    public async Task A_link_followed_by_a_file_through_it_is_refused()
    {
        var id = HandMadeArchive.Id;
        foreach (
            var (link, target) in ((string, string)[])
                [(id, "/tmp"), ($"{id}/1", "../../.."), ($"{id}/1/kpatch.bin", "/etc/passwd")]
        )
        {
            var archive = new HandMadeArchive()
                .Begin()
                .Add(link, [], '2', header => TarBytes.Put(header, 157, target))
                .Add(HandMadeArchive.PayloadName, HandMadeArchive.Payload)
                .End();
            await doors.RefusedAsync(archive, PatchsetErrorCode.BadMember, "is a symbolic link");
        }
    }

    [Fact]
    public async Task Sizes_that_are_not_plain_numbers_are_refused()
    {
        foreach (
            var size in (string[])
                [
                    "\x80\0\0\0\0\0\0\0\0\0\0\x0b",
                    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
                    "-0000000001",
                    "0000000009 ",
                    "00000 00013",
                    "0x000000013",
                ]
        )
        {
            var archive = new HandMadeArchive().With(tar =>
                tar.Add("x", [], '0', header => TarBytes.Put(header, 124, size))
            );
            await doors.RefusedAsync(archive, PatchsetErrorCode.BadMember, "has an invalid size");
        }
    }

    [Fact]
    public async Task Headers_whose_checksum_is_wrong_are_refused()
    {
        var good = new HandMadeArchive().Bytes();
        foreach (var at in (int[])[0, 100, 148, 156, 257, 511])
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= 1;
            await doors.RefusedAsync(bad);
        }

        // To some readers a header without a checksum is the end, to others it is damage.
        var hidden = TarBytes.Header("hidden", 0, '0');
        await doors.RefusedAsync(
            new HandMadeArchive().With(tar => tar.Raw(hidden)),
            PatchsetErrorCode.BadArchive,
            "checksum"
        );
    }

    [Fact]
    public async Task What_follows_the_end_is_refused()
    {
        byte[] good = new HandMadeArchive().Bytes();
        byte[] more = new TarBytes().Add("x", [1]).End();
        await doors.RefusedAsync([.. good, .. more], PatchsetErrorCode.BadArchive, "after the end");
        await doors.RefusedAsync([.. good, 1], PatchsetErrorCode.BadArchive, "after the end");
        foreach (var compression in (Compression[])[Compression.Bzip2, Compression.Zstd, Compression.Gzip])
        {
            var packed = SamplePatchset.Compress(good, compression);
            await doors.RefusedAsync(
                [.. packed, .. SamplePatchset.Compress(more, compression)],
                PatchsetErrorCode.BadArchive,
                "after the end"
            );
        }

        await doors.RefusedAsync(
            [.. SamplePatchset.Compress(good, Compression.Bzip2), .. "rubbish"u8],
            PatchsetErrorCode.BadArchive,
            "damaged"
        );
        await doors.RefusedAsync(
            [.. SamplePatchset.Compress(good, Compression.Zstd), .. "rubbish"u8],
            PatchsetErrorCode.BadArchive,
            "damaged"
        );
        await doors.RefusedAsync(
            [.. SamplePatchset.Compress(good, Compression.Gzip), .. "rubbish"u8],
            PatchsetErrorCode.BadArchive,
            "damaged"
        );
    }
}
