using System.Globalization;
using System.Text;

namespace EPortal.Format;

/// <summary>
/// Stands in front of the tar reader and lets only plain tar pass (POSIX.1-1988 ustar and older): headers of files and
/// folders. Extension headers are refused, because a reader keeps them in memory whatever their size and because they can make
/// two readers see two archives. Also refuses what follows the end of the archive.
/// </summary>
internal sealed class TarGuard(Stream tar, PatchsetLimits limits) : ReadOnlyStream
{
    private const int Block = 512;
    private const int NameLength = 100;
    private const int SizeAt = 124;
    private const int SizeLength = 12;
    private const int TypeAt = 156;

    /// <summary>Tar writers fill up their last record; none makes them this long.</summary>
    private const long MaxPadding = 4 << 20;

    private readonly byte[] _header = new byte[Block];
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
                throw new PatchsetException(PatchsetErrorCode.BadArchive, "The archive goes on after its last member.");
        }
    }

    private void ReadHeader()
    {
        if (tar.ReadAtLeast(_header, Block, throwOnEndOfStream: false) < Block)
            throw CutShort();
        _headerAt = 0;
        _ended = !_header.AsSpan().ContainsAnyExcept((byte)0);
        if (_ended)
            return;
        if (++_members > limits.MaxMembers)
            throw new PatchsetException(
                PatchsetErrorCode.LimitExceeded, $"The archive has more than {limits.MaxMembers} members.");
        RefuseKind((char)_header[TypeAt]);
        _dataLeft = (Size() + Block - 1) / Block * Block;
    }

    private int ServeHeader(Span<byte> buffer)
    {
        var length = Math.Min(buffer.Length, Block - _headerAt);
        _header.AsSpan(_headerAt, length).CopyTo(buffer);
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
            : throw new PatchsetException(PatchsetErrorCode.BadArchive, "Something follows the end of the archive.");
    }

    private void RefuseKind(char type)
    {
        if (type is '0' or '\0' or '5')
            return;
        var kind = type switch
        {
            '1' => "a hard link",
            '2' => "a symbolic link",
            '3' or '4' => "a device",
            '6' => "a FIFO",
            'S' => "a sparse file",
            'x' or 'g' or 'X' => "a pax extension header; plain ustar is taken",
            'L' or 'K' => "a GNU long name; plain ustar is taken",
            _ => "of an unknown kind",
        };
        throw new PatchsetException(PatchsetErrorCode.BadMember, $"Member {_members} of the archive ({Name()}) is {kind}.");
    }

    private long Size()
    {
        var text = Encoding.ASCII.GetString(_header, SizeAt, SizeLength).Trim('\0', ' ');
        var size = 0L;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7')
                throw new PatchsetException(
                    PatchsetErrorCode.BadMember, $"Member {_members} of the archive ({Name()}) has no plain size.");
            size = (size * 8) + (digit - '0');
        }

        return size <= limits.MaxFileBytes
            ? size
            : throw new PatchsetException(
                PatchsetErrorCode.LimitExceeded,
                string.Create(CultureInfo.InvariantCulture, $"Member {_members} of the archive ({Name()}) is larger than {limits.MaxFileBytes} bytes."));
    }

    private string Name() => MemberName.Shown(Encoding.Latin1.GetString(_header, 0, NameLength).Split('\0')[0]);

    private static PatchsetException CutShort() =>
        new(PatchsetErrorCode.BadArchive, "The archive is cut short.");
}
