using ICSharpCode.SharpZipLib.BZip2;

namespace EPortal.Format;

/// <summary>Bzip2 streams one after the other, as parallel compressors write them; the library reads only one.</summary>
internal sealed class Bzip2Streams(ByteSource input) : ReadOnlyStream
{
    private BZip2InputStream? _current = new(input) { IsStreamOwner = false };
    private byte[] _buffer = [];

    public override int Read(Span<byte> buffer)
    {
        while (_current is not null && buffer.Length > 0)
        {
            var read = ReadCurrent(buffer);
            if (read > 0)
                return read;
            _current = input.AtEnd ? null : new BZip2InputStream(input) { IsStreamOwner = false };
        }

        return 0;
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
