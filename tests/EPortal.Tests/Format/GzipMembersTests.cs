using System.Security.Cryptography;
using EPortal.Format;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>What follows gzip data, wherever its end falls in what is read at once.</summary>
public sealed class GzipMembersTests
{
    private static readonly byte[][] Followers =
    [
        [0],
        [0x1f],
        [0x1f, 0x8b],
        "rubbish"u8.ToArray(),
        new byte[9000],
        RandomNumberGenerator.GetBytes(70_000),
    ];

    /// <summary>
    /// Lengths of data that cannot be compressed, so that its end comes at, before and after each border of 8 KiB.
    /// </summary>
    public static TheoryData<int> Lengths => [.. Enumerable.Range(8150, 50), 1, 16_361, 131_049];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void What_follows_is_an_error_and_the_end_is_not(int length)
    {
        var content = RandomNumberGenerator.GetBytes(length);
        var packed = SamplePatchset.Compress(content, Compression.Gzip);

        Read(packed).ShouldBe(content);
        Read([.. packed, .. packed]).ShouldBe([.. content, .. content]);
        foreach (var follower in Followers)
            Should.Throw<InvalidDataException>(() => Read([.. packed, .. follower]));
    }

    private static byte[] Read(byte[] packed)
    {
        using var plain = Compressions.Decompress(Compression.Gzip, new MemoryStream(packed));
        using var content = new MemoryStream();
        plain.CopyTo(content);
        return content.ToArray();
    }
}
