using System.IO.Compression;

namespace EPortal.Format;

/// <summary>
/// Gzip members one after the other (RFC 1952, section 2.2). The framework's reader passes over what follows the last
/// of them; here that is an error, as with the other compressions.
/// </summary>
internal sealed class GzipMembers : ReadOnlyStream
{
    private static readonly Lazy<bool> s_noticesMissingEnd = new(NoticesMissingEnd);

    private readonly EndSeen _input;
    private readonly GZipStream _gzip;

    /// <summary>Reads from <paramref name="input"/>.</summary>
    /// <exception cref="InvalidOperationException">The program does not set what makes the framework notice a missing
    /// end (Directory.Build.props).</exception>
    public GzipMembers(Stream input)
    {
        if (!s_noticesMissingEnd.Value)
            throw new InvalidOperationException("this program does not set System.IO.Compression.UseStrictValidation");
        _input = new EndSeen(input);
        _gzip = new GZipStream(_input, CompressionMode.Decompress);
    }

    public override int Read(Span<byte> buffer)
    {
        var read = _gzip.Read(buffer);
        // Between members it asks for more until there is none; what is no member ends it before.
        if (read == 0 && buffer.Length > 0 && !_input.AtEnd)
            throw new InvalidDataException("trailing data after the end of the compressed data");
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _gzip.Dispose();
        base.Dispose(disposing);
    }

    private static bool NoticesMissingEnd()
    {
        using var whole = new MemoryStream();
        using (var packed = new GZipStream(whole, CompressionLevel.Fastest, leaveOpen: true))
            packed.WriteByte(1);
        using var cut = new GZipStream(
            new MemoryStream(whole.GetBuffer(), 0, (int)whole.Length - 1),
            CompressionMode.Decompress
        );
        try
        {
            cut.CopyTo(Stream.Null);
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }

    /// <summary>Knows whether its reader has reached the end.</summary>
    private sealed class EndSeen(Stream inner) : ReadOnlyStream
    {
        public bool AtEnd { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            AtEnd |= read == 0 && buffer.Length > 0;
            return read;
        }
    }
}
