using System.Globalization;
using System.Text;

namespace EPortal.Tests.Format;

/// <summary>
/// Writes tar byte by byte, so that it can write what no tar writer would: any name, any kind, any field, with a
/// checksum that fits all the same.
/// </summary>
internal sealed class TarBytes
{
    public const int Block = 512;

    private readonly List<byte> _bytes = [];

    /// <summary>Adds a member; <paramref name="edit"/> changes its header before the checksum is made.</summary>
    public TarBytes Add(string name, byte[] content, char type = '0', Action<byte[]>? edit = null)
    {
        var header = Header(name, content.Length, type);
        edit?.Invoke(header);
        Seal(header);
        return Raw(header).Raw(content).Raw(new byte[(Block - (content.Length % Block)) % Block]);
    }

    /// <summary>Adds bytes as they are.</summary>
    public TarBytes Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>Ends the archive.</summary>
    public byte[] End() => Raw(new byte[2 * Block])._bytes.ToArray();

    /// <summary>What there is, without an end.</summary>
    public byte[] Cut() => _bytes.ToArray();

    public static byte[] Header(string name, long size, char type)
    {
        var header = new byte[Block];
        Encoding.UTF8.GetBytes(name).AsSpan().CopyTo(header);
        Put(header, 100, "0000644");
        Put(header, 108, "0000000");
        Put(header, 116, "0000000");
        Put(header, 124, size < 0 ? "" : ((long)Octal(size)).ToString("D11", CultureInfo.InvariantCulture));
        Put(header, 136, "15000000000");
        header[156] = (byte)type;
        Put(header, 257, "ustar\0" + "00");
        return header;
    }

    /// <summary>Makes the checksum fit.</summary>
    public static void Seal(byte[] header)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        Put(header, 148, ((long)Octal(header.Sum(b => b))).ToString("D6", CultureInfo.InvariantCulture) + "\0 ");
    }

    public static void Put(byte[] header, int at, string text) => Encoding.Latin1.GetBytes(text).CopyTo(header, at);

    /// <summary>A number whose decimal digits are the octal ones of another.</summary>
    private static decimal Octal(long value) =>
        decimal.Parse(Convert.ToString(value, 8), NumberStyles.None, CultureInfo.InvariantCulture);
}
