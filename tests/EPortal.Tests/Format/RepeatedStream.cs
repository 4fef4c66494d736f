using EPortal.Format;

namespace EPortal.Tests.Format;

/// <summary>Some bytes, then others over and over; counts what was taken.</summary>
internal sealed class RepeatedStream(byte[] head, byte[] repeated, long times = long.MaxValue) : ReadOnlyStream
{
    private byte[] _now = head;
    private int _at;
    private long _left = repeated.Length == 0 ? 0 : times;

    /// <summary>Bytes given so far.</summary>
    public long Count { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        var given = 0;
        while (given < buffer.Length && (_at < _now.Length || _left-- > 0))
        {
            if (_at == _now.Length)
                (_now, _at) = (repeated, 0);
            var length = Math.Min(buffer.Length - given, _now.Length - _at);
            _now.AsSpan(_at, length).CopyTo(buffer[given..]);
            _at += length;
            given += length;
        }

        Count += given;
        return given;
    }
}
