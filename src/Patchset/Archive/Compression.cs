using System.IO.Compression;
using ICSharpCode.SharpZipLib.BZip2;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace EPortal.Format;

/// <summary>How an archive is compressed.</summary>
public enum Compression
{
    /// <summary>Not at all: <c>.tar</c>.</summary>
    None,

    /// <summary><c>.tar.gz</c>.</summary>
    Gzip,

    /// <summary><c>.tar.bz2</c>, the usual.</summary>
    Bzip2,

    /// <summary><c>.tar.zst</c>.</summary>
    Zstd,
}

/// <summary>Recognises, reads and writes the compressions.</summary>
internal static class Compressions
{
    private const int Head = 4;
    private const int BufferLength = 128 * 1024;

    /// <summary>Largest window a zstd frame may ask for: 2^26 bytes, 64 MiB.</summary>
    private const int MaxWindowLog = 26;

    /// <summary>Looks at the first bytes and puts them back.</summary>
    public static (Compression Compression, Stream Stream) Recognise(Stream stream)
    {
        var head = new byte[Head];
        var length = stream.ReadAtLeast(head, Head, throwOnEndOfStream: false);
        var compression = head.AsSpan(0, length) switch
        {
            [0x1f, 0x8b, ..] => Compression.Gzip,
            [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9'] => Compression.Bzip2,
            [0x28, 0xb5, 0x2f, 0xfd] => Compression.Zstd,
            _ => Compression.None,
        };
        return (compression, new PrefixedStream(head.AsMemory(0, length), stream));
    }

    /// <summary>The plain content of a stream that was recognised.</summary>
    public static Stream Decompress(Compression compression, Stream stream) =>
        compression switch
        {
            Compression.Gzip => new GzipMembers(stream),
            Compression.Bzip2 => new Bzip2Streams(new ByteSource(stream)),
            Compression.Zstd => Zstd(stream),
            _ => stream,
        };

    /// <summary>A stream that compresses into <paramref name="output"/>, which stays open.</summary>
    public static Stream Compress(Compression compression, Stream output) =>
        compression switch
        {
            Compression.Gzip => new GZipStream(output, CompressionLevel.SmallestSize, leaveOpen: true),
            Compression.Bzip2 => new BZip2OutputStream(output) { IsStreamOwner = false },
            Compression.Zstd => new CompressionStream(output, level: 12, leaveOpen: true),
            _ => new BufferedStream(new UnclosedStream(output), BufferLength),
        };

    private static DecompressionStream Zstd(Stream stream)
    {
        var zstd = new DecompressionStream(stream, leaveOpen: true);
        zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        return zstd;
    }
}
