using System.Buffers.Binary;

namespace EPortal.Agents.Packages;

/// <summary>
/// Walks an xz file (format 1.1.0) without unpacking it, because a reader reserves as much memory as the file asks for:
/// one stream of one block, LZMA2 alone, a dictionary of at most 64 MiB, and the size that its chunks announce.
/// </summary>
internal static class XzGuard
{
    private const int StreamHeader = 12;
    private const long MaxDictionary = 64 << 20;
    private const byte Lzma2 = 0x21;

    /// <summary>Bytes of the check behind a block, by its number in the stream's header.</summary>
    private static readonly int[] CheckSizes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

    /// <summary>Makes sure that a file unpacks in bounds.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="most">Bytes that it may unpack to.</param>
    /// <exception cref="Data.RefusedException">It does not, or is damaged.</exception>
    public static void Check(ReadOnlySpan<byte> file, long most)
    {
        try
        {
            if (!file.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]))
                throw Damaged();
            var check = CheckSizes[file[7] & 0x0f];
            var at = StreamHeader + BlockHeader(file[StreamHeader..]);
            var (packed, unpacked) = Chunks(file[at..], most);
            if (unpacked > most)
                throw BadPackage.Because($"the unpacked control archive is more than {most} bytes");
            // Blocks are padded to four bytes. What follows the only one is the index, which begins with 0.
            if (file[at + ((packed + 3) / 4 * 4) + check] != 0)
                throw BadPackage.Because("the control archive has several xz blocks");
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            throw Damaged();
        }
    }

    /// <summary>Length of the block's header, which must ask for nothing unusual.</summary>
    private static int BlockHeader(ReadOnlySpan<byte> header)
    {
        var flags = header[1];
        var at = 2;
        // Sizes of the block, packed and unpacked, where the flags say that they are there.
        for (var sizes = (flags >> 6 & 1) + (flags >> 7 & 1); sizes > 0; sizes--)
        {
            while ((header[at++] & 0x80) != 0) { }
        }

        if ((flags & 0x3f) != 0 || header[at] != Lzma2 || header[at + 1] != 1)
            throw BadPackage.Because("the control archive uses an xz filter other than LZMA2");
        if (DictionarySize(header[at + 2]) > MaxDictionary)
            throw BadPackage.Because($"the control archive needs an xz dictionary of more than {MaxDictionary} bytes");
        return (header[0] + 1) * 4;
    }

    private static long DictionarySize(byte bits) => bits >= 40 ? uint.MaxValue : (2L | (bits & 1L)) << (bits / 2 + 11);

    /// <summary>Length of the chunks of a block, packed and unpacked.</summary>
    private static (int Packed, long Unpacked) Chunks(ReadOnlySpan<byte> block, long most)
    {
        var at = 0;
        var unpacked = 0L;
        while (block[at] is var control and not 0 && unpacked <= most)
        {
            var size = BinaryPrimitives.ReadUInt16BigEndian(block[(at + 1)..]) + 1;
            if (control < 0x80)
            {
                if (control > 2)
                    throw Damaged();
                unpacked += size;
                at += 3 + size;
                continue;
            }

            unpacked += ((control & 0x1f) << 16) + size;
            at += (control >= 0xc0 ? 6 : 5) + BinaryPrimitives.ReadUInt16BigEndian(block[(at + 3)..]) + 1;
        }

        return (at + 1, unpacked);
    }

    private static Data.RefusedException Damaged() => BadPackage.Because("the control archive is damaged");
}
