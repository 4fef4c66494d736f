using ICSharpCode.SharpZipLib.BZip2;

namespace EPortal.Format;

/// <summary>
/// Bzip2 streams one after the other, as parallel compressors write them; the library reads only one.
/// </summary>
internal sealed class Bzip2Streams(ByteSource input) : ReadOnlyStream
{
    /// <summary>
    /// Each stream costs a decompressor of megabytes; compressors write far longer streams than these.
    /// </summary>
    private const int FreeStreams = 64;
    private const int MeanStream = 64 * 1024;

    private BZip2InputStream? _current;
    private byte[] _buffer = [];
    private long _unpacked;
    private long _streams;

    public override int Read(Span<byte> buffer)
    {
        while (buffer.Length > 0 && (_current is not null || !input.AtEnd))
        {
            _current ??= Next();
            var read = ReadCurrent(buffer);
            _unpacked += read;
            if (read > 0)
                return read;
            _current = null;
        }

        return 0;
    }

    /// <summary>The library treats anything but a stream as the end, so this checks it.</summary>
    private BZip2InputStream Next()
    {
        if (!input.StartsWith("BZh"u8))
            throw new InvalidDataException("trailing data after the end of the compressed data");
        if (++_streams > FreeStreams + (_unpacked / MeanStream))
            throw new InvalidDataException("compressed data consists of too many small streams");
        return new BZip2InputStream(input) { IsStreamOwner = false };
    }

    /// <summary>The library reads into arrays only.</summary>
    private int ReadCurrent(Span<byte> buffer)
    {
        if (_buffer.Length < buffer.Length)
            _buffer = new byte[buffer.Length];
        var read = _current!.Read(_buffer, 0, buffer.Length);
        _buffer.AsSpan(0, Math.Max(read, 0)).CopyTo(buffer);
        return Math.Max(read, 0);
    }
}

/// <summary>Reads a stream byte by byte through a buffer, and knows its end beforehand.</summary>
internal sealed class ByteSource(Stream inner) : ReadOnlyStream
{
    private readonly byte[] _buffer = new byte[128 * 1024];
    private int _at;
    private int _length;

    /// <summary>Whether nothing is left.</summary>
    public bool AtEnd => _at == _length && !Fill();

    /// <summary>Whether what is left begins with <paramref name="magic"/>; nothing is taken.</summary>
    public bool StartsWith(ReadOnlySpan<byte> magic)
    {
        // What is left in the buffer moves to its beginning, so that there is room for the rest.
        _buffer.AsSpan(_at, _length - _at).CopyTo(_buffer);
        (_at, _length) = (0, _length - _at);
        if (_length < magic.Length)
            _length += inner.ReadAtLeast(_buffer.AsSpan(_length), magic.Length - _length, throwOnEndOfStream: false);
        return _buffer.AsSpan(0, _length).StartsWith(magic);
    }

    public override int ReadByte() => AtEnd ? -1 : _buffer[_at++];

    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length == 0 || AtEnd)
            return 0;
        var length = Math.Min(buffer.Length, _length - _at);
        _buffer.AsSpan(_at, length).CopyTo(buffer);
        _at += length;
        return length;
    }

    private bool Fill()
    {
        (_at, _length) = (0, inner.Read(_buffer));
        return _length > 0;
    }
}
