namespace EPortal.Format;

/// <summary>Reads from a stream up to a bound and throws what it was given once there is more.</summary>
internal sealed class LimitedStream(Stream inner, long limit, Func<PatchsetException> tooMuch) : ReadOnlyStream
{
    /// <summary>Bytes read so far.</summary>
    public long Count { get; private set; }

    public override int Read(Span<byte> buffer) => Check(inner.Read(buffer));

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer,
        CancellationToken cancellationToken = default
    ) => Check(await inner.ReadAsync(buffer, cancellationToken));

    private int Check(int read)
    {
        Count += read;
        return Count > limit ? throw tooMuch() : read;
    }
}
