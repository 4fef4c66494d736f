using System.Buffers.Binary;
using System.Text;

namespace EPortal.Servers;

/// <summary>The id of a server as a number, for tables of very many: its 16 characters.</summary>
internal static class AgentId
{
    private const int Length = 16;

    /// <summary>Reads one; false for a text of another length, or one that is not ASCII.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out UInt128 id)
    {
        id = default;
        if (text.Length != Length || !Ascii.IsValid(text))
            return false;
        id = BinaryPrimitives.ReadUInt128BigEndian(text);
        return true;
    }

    /// <summary>Reads one; false for a text of another length, or one that is not ASCII.</summary>
    public static bool TryRead(string text, out UInt128 id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[Length];
        return text.Length == Length && Ascii.FromUtf16(text, bytes, out _) == System.Buffers.OperationStatus.Done && TryRead(bytes, out id);
    }

    /// <summary>The text that <paramref name="id"/> was read from.</summary>
    public static string Text(UInt128 id)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
        return Encoding.ASCII.GetString(bytes);
    }
}
