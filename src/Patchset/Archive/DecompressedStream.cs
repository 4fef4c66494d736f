namespace EPortal.Format;

/// <summary>
/// A decompressor's output. Decompressors report damage by many exceptions, index errors among them; this makes it one.
/// </summary>
internal sealed class DecompressedStream(Stream decompressor) : ReadOnlyStream
{
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return decompressor.Read(buffer);
        }
        catch (Exception e)
            when (e is not PatchsetException and not OutOfMemoryException and (not IOException or EndOfStreamException))
        {
            throw new PatchsetException(PatchsetErrorCode.BadArchive, "damaged archive: cannot decompress it", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            decompressor.Dispose();
        base.Dispose(disposing);
    }
}
