namespace EPortal.Backup;

/// <summary>
/// Writes a file whose first block comes last: until <see cref="Complete"/> it begins with zeros, so that what a killed
/// process leaves is not taken for a whole one.
/// </summary>
internal sealed class LateHeaderStream(FileStream file) : Stream
{
    /// <summary>Length of the block that is held back.</summary>
    public const int Block = 512;

    private readonly byte[] _held = new byte[Block];
    private long _position;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>Flushes what was written, then writes and flushes the first block.</summary>
    public void Complete()
    {
        file.Flush(flushToDisk: true);
        file.Position = 0;
        file.Write(_held, 0, (int)Math.Min(Block, _position));
        file.Flush(flushToDisk: true);
        file.Position = _position;
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_position < Block)
        {
            var length = (int)Math.Min(buffer.Length, Block - _position);
            buffer[..length].CopyTo(_held.AsSpan((int)_position));
            file.Write(new byte[length]);
            _position += length;
            buffer = buffer[length..];
        }

        file.Write(buffer);
        _position += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush() => file.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
