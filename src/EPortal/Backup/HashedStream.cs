using System.Security.Cryptography;

namespace EPortal.Backup;

/// <summary>A stream of known length that is hashed as it is read; the hash is complete when it is disposed.</summary>
internal sealed class HashedStream(Stream inner, SHA256 hash, long length) : Stream
{
    private long _read;
    private bool _isDone;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <summary>
    /// True, though it is read once from its beginning: a tar writer would take what cannot into memory.
    /// </summary>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        hash.TransformBlock(buffer, offset, read, null, 0);
        _read += read;
        return read;
    }

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_isDone)
            hash.TransformFinalBlock([], 0, 0);
        _isDone = true;
        base.Dispose(disposing);
    }
}
