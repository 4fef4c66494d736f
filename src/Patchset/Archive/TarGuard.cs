using System.Globalization;

namespace EPortal.Format;

/// <summary>
/// Checks the stream before the tar reader and accepts only plain tar (POSIX.1-1988 ustar and older): headers of files
/// and folders. Extension headers are refused, because a reader keeps them in memory whatever their size and because
/// they can make two readers see two archives. Also refuses what follows the end of the archive.
/// </summary>
internal sealed class TarGuard(Stream tar, PatchsetLimits limits) : ReadOnlyStream
{
    private const int Block = TarHeader.Block;

    /// <summary>Tar writers pad their last record; none pads this much.</summary>
    private const long MaxPadding = 4 << 20;

    private readonly TarHeader _header = new();
    private int _headerAt = Block;
    private long _dataLeft;
    private int _members;
    private bool _ended;
    private long _padding;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length == 0)
            return 0;
        if (_headerAt == Block && _dataLeft == 0 && !_ended)
            ReadHeader();
        if (_headerAt < Block)
            return ServeHeader(buffer);
        return _ended ? ReadPadding(buffer) : ReadData(buffer);
    }

    /// <summary>Reads what is left after the end of the archive; it must be empty.</summary>
    /// <exception cref="PatchsetException">It is not, or the archive has no end.</exception>
    public void Drain()
    {
        var buffer = new byte[16 * Block];
        while (Read(buffer) > 0)
        {
            if (!_ended)
                throw new PatchsetException(
                    PatchsetErrorCode.BadArchive,
                    "trailing data after the last member of the archive"
                );
        }

        // Two empty blocks end an archive; with fewer it is truncated.
        if (_padding < Block || _padding % Block != 0)
            throw CutShort();
    }

    private void ReadHeader()
    {
        var length = tar.ReadAtLeast(_header.Bytes, Block, throwOnEndOfStream: false);
        if (_members == 0)
            RefuseOther(length);
        if (length < Block)
            throw CutShort();
        _headerAt = 0;
        _ended = _header.IsEmpty;
        if (_ended)
            return;
        if (++_members > limits.MaxMembers)
            throw new PatchsetException(
                PatchsetErrorCode.LimitExceeded,
                $"the archive has more than {limits.MaxMembers} members"
            );
        if (!_header.IsIntact)
            throw new PatchsetException(
                PatchsetErrorCode.BadArchive,
                "not a plain tar archive, or damaged: wrong header checksum"
            );
        RefuseKind();
        if (_header.HidesName)
            throw Bad("has a NUL in its name");
        _dataLeft = (Size() + Block - 1) / Block * Block;
    }

    /// <summary>A file that is not tar at all is not called damaged: it is the wrong file.</summary>
    private void RefuseOther(int length)
    {
        if (length == 0)
            throw new PatchsetException(PatchsetErrorCode.BadArchive, "the file is empty");
        if (!(length == Block && (_header.IsIntact || _header.IsEmpty)) && !_header.LooksLikeTar(length))
            throw new PatchsetException(
                PatchsetErrorCode.BadArchive,
                "not an archive: use a tar file, plain (.tar) or compressed (.tar.bz2, .tar.gz, .tar.zst)"
            );
    }

    private int ServeHeader(Span<byte> buffer)
    {
        var length = Math.Min(buffer.Length, Block - _headerAt);
        _header.Bytes.AsSpan(_headerAt, length).CopyTo(buffer);
        _headerAt += length;
        return length;
    }

    private int ReadData(Span<byte> buffer)
    {
        var read = tar.Read(buffer[..(int)Math.Min(buffer.Length, _dataLeft)]);
        _dataLeft -= read;
        return read > 0 ? read : throw CutShort();
    }

    private int ReadPadding(Span<byte> buffer)
    {
        var read = tar.Read(buffer);
        _padding += read;
        return _padding <= MaxPadding && !buffer[..read].ContainsAnyExcept((byte)0)
            ? read
            : throw new PatchsetException(PatchsetErrorCode.BadArchive, "trailing data after the end of the archive");
    }

    private void RefuseKind()
    {
        if (_header.Type is '0' or '\0' or '5')
            return;
        throw Bad(
            _header.Type switch
            {
                '1' => "is a hard link",
                '2' => "is a symbolic link",
                '3' or '4' => "is a device",
                '6' => "is a FIFO",
                'S' => "is a sparse file",
                'x' or 'g' or 'X' => "is a pax extension header: use plain ustar",
                'L' or 'K' => "is a GNU long name: use plain ustar",
                _ => "has an unknown type",
            }
        );
    }

    private long Size()
    {
        var size = _header.SizeOrNull ?? throw Bad("has an invalid size");
        return size <= limits.MaxFileBytes
            ? size
            : throw Bad(
                string.Create(CultureInfo.InvariantCulture, $"is larger than {limits.MaxFileBytes} bytes"),
                PatchsetErrorCode.LimitExceeded
            );
    }

    private PatchsetException Bad(string what, PatchsetErrorCode code = PatchsetErrorCode.BadMember) =>
        new(code, $"member {_members} of the archive ({MemberName.Shown(_header.Name)}) {what}");

    private static PatchsetException CutShort() => new(PatchsetErrorCode.BadArchive, "the archive is truncated");
}
