using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace EPortal.Servers.CheckIns;

/// <summary>The id of a server as two numbers, for tables of very many: its 16 characters.</summary>
internal readonly record struct PackedServerId(ulong High, ulong Low)
{
    private const int Length = 16;

    // The finalizer of SplitMix64: every bit of the id moves every bit of the hash, however alike ids are.
    private const ulong First = 0xBF58476D1CE4E5B9;
    private const ulong Second = 0x94D049BB133111EB;

    /// <summary>Reads one; false for a text of another length, or one that is not ASCII.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out PackedServerId id)
    {
        id = default;
        if (text.Length != Length || !Ascii.IsValid(text))
            return false;
        id = new PackedServerId(
            BinaryPrimitives.ReadUInt64BigEndian(text),
            BinaryPrimitives.ReadUInt64BigEndian(text[8..])
        );
        return true;
    }

    /// <summary>Reads one; false for a text of another length, or one that is not ASCII.</summary>
    public static bool TryRead(string text, out PackedServerId id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[Length];
        return text.Length == Length
            && Ascii.FromUtf16(text, bytes, out _) == OperationStatus.Done
            && TryRead(bytes, out id);
    }

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var mixed = (High * First) ^ Low;
        mixed = (mixed ^ (mixed >> 30)) * First;
        mixed = (mixed ^ (mixed >> 27)) * Second;
        return (int)(mixed >> 32);
    }

    /// <summary>The text it was read from.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        return Encoding.ASCII.GetString(bytes);
    }
}
