namespace EPortal.Format;

/// <summary>The text files of minisign: comment lines and base64 lines by turns.</summary>
internal static class MinisignText
{
    public const string UntrustedPrefix = "untrusted comment: ";
    public const string TrustedPrefix = "trusted comment: ";

    /// <summary>Algorithm of a signature over the content itself.</summary>
    public static ReadOnlySpan<byte> Legacy => "Ed"u8;

    /// <summary>Algorithm of a signature over the BLAKE2b-512 hash of the content.</summary>
    public static ReadOnlySpan<byte> Prehashed => "ED"u8;

    /// <summary>Key ids as minisign prints them: the eight bytes as a little-endian number in upper-case hex.</summary>
    public static string KeyId(ReadOnlySpan<byte> number) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(number).ToString("X16", null);

    private const int MaxComment = 8192;

    /// <summary>
    /// Lines of a file, ended by LF or CR LF and by nothing else, for a comment may hold other line ends of Unicode;
    /// without empty ones at the end.
    /// </summary>
    public static string[] Lines(string text) =>
        [.. text.TrimEnd('\r', '\n').Split('\n').Select(line => line.TrimEnd('\r'))];

    /// <summary>The bytes of a base64 line when they are of the length expected; else null.</summary>
    public static byte[]? Decode(string line, int length)
    {
        var bytes = new byte[length];
        // Base64 of another length would not fit or not fill.
        return
            line.Length == (length + 2) / 3 * 4
            && Convert.TryFromBase64String(line, bytes, out var written)
            && written == length
            ? bytes
            : null;
    }

    /// <summary>Whether a comment is valid; minisign itself writes tabs.</summary>
    public static bool IsComment(string text) =>
        text.Length <= MaxComment && !text.Any(c => char.IsControl(c) && c != '\t');
}
