namespace EPortal.Blobs;

/// <summary>A stream to read from that tells how many bytes were read.</summary>
internal sealed class ProgressStream(Stream inner, IProgress<long> progress) : ForwardStream
{
    private long _read;

    /// <inheritdoc/>
    public override long Length => inner.Length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer,
        CancellationToken cancellationToken = default
    ) => Count(await inner.ReadAsync(buffer, cancellationToken));

    private int Count(int read)
    {
        _read += read;
        progress.Report(_read);
        return read;
    }
}
