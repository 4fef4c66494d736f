using System.Buffers.Binary;
using System.Text;

namespace EPortal.Tests.Kcarectl;

/// <summary>The least ELF file that tells a module's name.</summary>
internal static class TinyModule
{
    private const int Header = 64;

    public static byte[] Build(string name, bool livepatch = true)
    {
        var info = Encoding.ASCII.GetBytes($"license=GPL\0{(livepatch ? "livepatch=Y\0" : "")}name={name}\0");
        var names = Encoding.ASCII.GetBytes("\0.modinfo\0.shstrtab\0");
        var table = Header + info.Length + names.Length;
        var file = new byte[table + (3 * 64)];
        Encoding.ASCII.GetBytes("\u007fELF\u0002\u0001\u0001").CopyTo(file, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(0x28), (ulong)table);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3a), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3c), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3e), 2);
        info.CopyTo(file, Header);
        names.CopyTo(file, Header + info.Length);
        Section(file.AsSpan(table + 64), 1, Header, info.Length);
        Section(file.AsSpan(table + 128), 10, Header + info.Length, names.Length);
        return file;
    }

    private static void Section(Span<byte> entry, uint name, int offset, int size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(entry, name);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[0x18..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[0x20..], (ulong)size);
    }
}
