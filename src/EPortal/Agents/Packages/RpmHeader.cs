using System.Buffers.Binary;
using System.Text;

namespace EPortal.Agents.Packages;

/// <summary>
/// A header of an RPM package (format 3 and 4): a list of entries, each a tag with values. Numbers are big-endian. At
/// most 10,000 entries and 8 MiB; entries lie in the bounds of the header.
/// </summary>
internal sealed class RpmHeader
{
    private const int Intro = 16;
    private const int EntrySize = 16;
    private const int MaxEntries = 10_000;
    private const int MaxBytes = 8 << 20;
    private const int MaxValues = 100_000;
    private const int Binary = 7;

    private static readonly byte[] Magic = [0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0];

    private readonly SortedDictionary<int, Entry> _entries = [];

    private long _taken;

    private RpmHeader(byte[] bytes) => Bytes = bytes;

    /// <summary>The header as it lies in the package.</summary>
    public byte[] Bytes { get; }

    /// <summary>Reads a header.</summary>
    /// <exception cref="Data.RefusedException">It is damaged or out of bounds.</exception>
    public static RpmHeader Read(Stream file)
    {
        var intro = file.ReadBytes(Intro);
        if (!intro.AsSpan().StartsWith(Magic))
            throw BadPackage.Because("the package is damaged: a header does not begin as one");
        var count = BinaryPrimitives.ReadUInt32BigEndian(intro.AsSpan(8));
        var size = BinaryPrimitives.ReadUInt32BigEndian(intro.AsSpan(12));
        if (count > MaxEntries || size > MaxBytes)
            throw BadPackage.Because($"a header of the package has more than {MaxEntries} entries or {MaxBytes} bytes");
        var rest = file.ReadBytes((int)(count * EntrySize + size));
        var header = new RpmHeader([.. intro, .. rest]);
        for (var number = 0; number < count; number++)
            header.Take(rest.AsSpan(number * EntrySize, EntrySize), rest.AsSpan((int)count * EntrySize));
        return header;
    }

    /// <summary>The first text of a tag; empty when it is not there.</summary>
    public string Text(int tag) => Texts(tag) is [var first, ..] ? first : "";

    /// <summary>All texts of a tag; characters that XML cannot hold are replaced.</summary>
    public IReadOnlyList<string> Texts(int tag)
    {
        if (!_entries.TryGetValue(tag, out var entry) || entry.Type is not (6 or 8 or 9))
            return [];
        var texts = new List<string>(entry.Count);
        var data = entry.Data.AsSpan();
        for (var number = 0; number < entry.Count; number++)
        {
            var length = data.IndexOf((byte)0);
            texts.Add(Clean(Encoding.UTF8.GetString(data[..length])));
            data = data[(length + 1)..];
        }

        return texts;
    }

    /// <summary>The binary value of a tag; null when it is not there.</summary>
    public byte[]? BinaryOrNull(int tag) =>
        _entries.TryGetValue(tag, out var entry) && entry.Type == Binary ? entry.Data : null;

    /// <summary>The first number of a tag; null when it is not there.</summary>
    public long? NumberOrNull(int tag) => Numbers(tag) is [var first, ..] ? first : null;

    /// <summary>All numbers of a tag.</summary>
    public IReadOnlyList<long> Numbers(int tag)
    {
        if (!_entries.TryGetValue(tag, out var entry))
            return [];
        var width = entry.Type switch
        {
            3 => 2,
            4 => 4,
            5 => 8,
            _ => 0,
        };
        return width == 0
            ? []
            : [.. Enumerable.Range(0, entry.Count).Select(i => Number(entry.Data, i * width, width))];
    }

    /// <summary>
    /// A signature header with other signatures: the entries of this one without <paramref name="leaveOut"/>, and
    /// <paramref name="add"/> as binary values; padded to eight bytes, as the header behind it needs.
    /// </summary>
    /// <param name="region">Tag of the entry that spans the whole header.</param>
    /// <param name="leaveOut">Tags that are not kept.</param>
    /// <param name="add">Tags and values.</param>
    public byte[] With(int region, IReadOnlyCollection<int> leaveOut, IReadOnlyDictionary<int, byte[]> add)
    {
        var entries = new SortedDictionary<int, Entry>();
        foreach (var (tag, entry) in _entries.Where(known => known.Key != region && !leaveOut.Contains(known.Key)))
            entries[tag] = entry;
        foreach (var (tag, value) in add)
            entries[tag] = new Entry(Binary, value.Length, value);

        using var index = new MemoryStream();
        using var data = new MemoryStream();
        foreach (var (tag, entry) in entries)
        {
            while (data.Length % entry.Alignment != 0)
                data.WriteByte(0);
            index.Write(Words(tag, entry.Type, (int)data.Length, entry.Count));
            data.Write(entry.Data);
        }

        var count = entries.Count + 1;
        var first = Words(region, Binary, (int)data.Length, EntrySize);
        data.Write(Words(region, Binary, -count * EntrySize, EntrySize));
        byte[] padding = new byte[(8 - data.Length % 8) % 8];
        return
        [
            .. Magic,
            .. Words(count, (int)data.Length),
            .. first,
            .. index.ToArray(),
            .. data.ToArray(),
            .. padding,
        ];
    }

    private static byte[] Words(params ReadOnlySpan<int> values)
    {
        var bytes = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(i * 4), values[i]);
        return bytes;
    }

    private static long Number(byte[] data, int at, int width) =>
        width switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(at)),
            4 => BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(at)),
            _ => BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(at)),
        };

    private static string Clean(string text) =>
        string.Concat(
            text.Select(c => c is '\n' or '\t' || (!char.IsControl(c) && c < 0xfffe && !char.IsSurrogate(c)) ? c : '?')
        );

    private void Take(ReadOnlySpan<byte> index, ReadOnlySpan<byte> data)
    {
        var tag = BinaryPrimitives.ReadInt32BigEndian(index);
        var type = BinaryPrimitives.ReadInt32BigEndian(index[4..]);
        var offset = BinaryPrimitives.ReadInt32BigEndian(index[8..]);
        var count = BinaryPrimitives.ReadInt32BigEndian(index[12..]);
        if (
            type is < 0 or > 9
            || offset < 0
            || offset > data.Length
            || count < 0
            || (type != Binary && count > MaxValues)
        )
            throw Damaged();
        var length = LengthOf(type, count, data[offset..]);
        // Entries that lie over each other would take many times the memory of the header.
        _taken += length;
        if (length > data.Length - offset || _taken > data.Length + EntrySize || _entries.ContainsKey(tag))
            throw Damaged();
        _entries[tag] = new Entry(type, count, data.Slice(offset, (int)length).ToArray());
    }

    private static long LengthOf(int type, int count, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case 0:
                return 0;
            case 3:
                return count * 2L;
            case 4:
                return count * 4L;
            case 5:
                return count * 8L;
            case 1 or 2 or Binary:
                return count;
            default:
                var at = 0;
                for (var number = 0; number < count; number++)
                {
                    var end = data[at..].IndexOf((byte)0);
                    if (end < 0)
                        throw Damaged();
                    at += end + 1;
                }

                return at;
        }
    }

    private static Data.RefusedException Damaged() =>
        BadPackage.Because("the package is damaged: an entry of a header is out of bounds, or there twice");

    private sealed record Entry(int Type, int Count, byte[] Data)
    {
        public int Alignment =>
            Type switch
            {
                3 => 2,
                4 => 4,
                5 => 8,
                _ => 1,
            };
    }
}
