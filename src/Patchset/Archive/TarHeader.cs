using System.Text;

namespace EPortal.Format;

/// <summary>The fields of a tar header (POSIX.1-1988 ustar) that decide what a member is.</summary>
internal sealed class TarHeader
{
    public const int Block = 512;

    private const int NameLength = 100;
    private const int SizeAt = 124;
    private const int SizeLength = 12;
    private const int ChecksumAt = 148;
    private const int ChecksumLength = 8;
    private const int TypeAt = 156;
    private const int MagicAt = 257;
    private const int PrefixAt = 345;
    private static ReadOnlySpan<byte> Magic => "ustar"u8;
    private const int PrefixLength = 155;

    /// <summary>The bytes, to be filled by the reader.</summary>
    public byte[] Bytes { get; } = new byte[Block];

    /// <summary>Two such headers end an archive.</summary>
    public bool IsEmpty => !Bytes.AsSpan().ContainsAnyExcept((byte)0);

    public char Type => (char)Bytes[TypeAt];

    /// <summary>The name up to its first NUL.</summary>
    public string Name => Encoding.Latin1.GetString(Bytes, 0, NameLength).Split('\0')[0];

    /// <summary>
    /// Whether something is hidden behind a NUL in the name: readers differ in what they take the name to be.
    /// </summary>
    public bool HidesName =>
        HasTail(Bytes.AsSpan(0, NameLength))
        || (Bytes.AsSpan(MagicAt, 6).SequenceEqual("ustar\0"u8) && HasTail(Bytes.AsSpan(PrefixAt, PrefixLength)));

    /// <summary>Whether the sum of the bytes is what the header says, its own field counted as spaces.</summary>
    public bool IsIntact
    {
        get
        {
            var sum = 0L;
            for (var i = 0; i < Block; i++)
                sum += i is >= ChecksumAt and < ChecksumAt + ChecksumLength ? ' ' : Bytes[i];
            return OctalOrNull(ChecksumAt, ChecksumLength) == sum;
        }
    }

    /// <summary>
    /// Whether the first <paramref name="length"/> bytes may be a header, even a damaged one: text contains no NUL, and
    /// current tar writers add their magic.
    /// </summary>
    public bool LooksLikeTar(int length) =>
        length < MagicAt + Magic.Length
            ? Bytes.AsSpan(0, length).Contains((byte)0)
            : Bytes.AsSpan(MagicAt, Magic.Length).SequenceEqual(Magic);

    /// <summary>Bytes of content; null unless it is a plain octal number.</summary>
    public long? SizeOrNull => OctalOrNull(SizeAt, SizeLength);

    private long? OctalOrNull(int at, int length)
    {
        var number = 0L;
        foreach (var digit in Encoding.Latin1.GetString(Bytes, at, length).Trim('\0', ' '))
        {
            if (digit is < '0' or > '7')
                return null;
            number = (number * 8) + (digit - '0');
        }

        return number;
    }

    private static bool HasTail(ReadOnlySpan<byte> text) =>
        text.IndexOf((byte)0) is >= 0 and var end && text[end..].ContainsAnyExcept((byte)0);
}
