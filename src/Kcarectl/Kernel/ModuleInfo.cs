using System.Buffers.Binary;
using System.Text;

namespace Kcarectl.Kernel;

/// <summary>What a kernel module says about itself in its <c>.modinfo</c> section (ELF64, little endian).</summary>
internal static class ModuleInfo
{
    private const int MaxSection = 1 << 20;

    /// <summary>The name under which the kernel will know the module.</summary>
    /// <exception cref="AgentException">Not a live-patch module.</exception>
    public static string LivepatchName(Stream module, string what)
    {
        try
        {
            var fields = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var entry in Encoding.UTF8.GetString(Section(module, ".modinfo")).Split('\0'))
            {
                var equals = entry.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0)
                    fields.TryAdd(entry[..equals], entry[(equals + 1)..]);
            }
            var name = fields.GetValueOrDefault("name", "");
            if (name.Length is 0 or > 55 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                throw new InvalidDataException();
            return fields.GetValueOrDefault("livepatch") == "Y"
                ? name
                : throw KernelException.Because($"{what} is a kernel module, but not a live patch");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw KernelException.Because($"{what} is not a kernel module");
        }
    }

    private static byte[] Section(Stream module, string wanted)
    {
        var header = Bytes(module, 0, 64);
        if (!header.AsSpan().StartsWith("\u007fELF\u0002\u0001"u8))
            throw new InvalidDataException();
        var table = U64(header, 0x28);
        var count = U16(header, 0x3c);
        if (U16(header, 0x3a) != 64)
            throw new InvalidDataException();
        var names = Content(module, Bytes(module, Entry(table, U16(header, 0x3e)), 64));
        for (var i = 0; i < count; i++)
        {
            var section = Bytes(module, Entry(table, i), 64);
            if (NameAt(names, U32(section, 0)) == wanted)
                return Content(module, section);
        }
        throw new InvalidDataException();
    }

    private static ulong Entry(ulong table, int index) => checked(table + ((ulong)index * 64));

    private static byte[] Content(Stream module, byte[] section) =>
        Bytes(module, U64(section, 0x18), U64(section, 0x20));

    private static byte[] Bytes(Stream module, ulong offset, ulong length)
    {
        if (length > MaxSection || offset > (ulong)module.Length)
            throw new InvalidDataException();
        var bytes = new byte[length];
        module.Position = (long)offset;
        module.ReadExactly(bytes);
        return bytes;
    }

    private static string NameAt(byte[] names, uint offset)
    {
        if (offset >= names.Length)
            throw new InvalidDataException();
        var rest = names.AsSpan((int)offset);
        var end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ushort U16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));
}
