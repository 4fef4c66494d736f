using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace EPortal.Format;

/// <summary>A signature file: four lines, the comment in the third signed together with the signature.</summary>
internal sealed class MinisignSignature
{
    private const int Head = 2 + 8;
    private const int SignatureLength = 64;

    private readonly byte[] _number;
    private readonly byte[] _signature;
    private readonly byte[] _global;

    private MinisignSignature(bool prehashed, byte[] body, string comment, byte[] global)
    {
        IsPrehashed = prehashed;
        _number = body[2..Head];
        _signature = body[Head..];
        TrustedComment = comment;
        _global = global;
    }

    public bool IsPrehashed { get; }

    public string TrustedComment { get; }

    public string KeyId => MinisignText.KeyId(_number);

    public static MinisignSignature Parse(string text, string what)
    {
        var lines = MinisignText.Lines(text);
        if (
            lines.Length != 4
            || !lines[0].StartsWith(MinisignText.UntrustedPrefix, StringComparison.Ordinal)
            || !lines[2].StartsWith(MinisignText.TrustedPrefix, StringComparison.Ordinal)
            || !MinisignText.IsComment(Comment(lines))
            || MinisignText.Decode(lines[1], Head + SignatureLength) is not { } body
            || MinisignText.Decode(lines[3], SignatureLength) is not { } global
        )
            throw Malformed(what);
        var algorithm = body.AsSpan(0, 2);
        return algorithm.SequenceEqual(MinisignText.Prehashed) ? new(true, body, Comment(lines), global)
            : algorithm.SequenceEqual(MinisignText.Legacy) ? new(false, body, Comment(lines), global)
            : throw Malformed(what);
    }

    public static string Format(
        ReadOnlySpan<byte> number,
        byte[] signature,
        byte[] global,
        string trusted,
        string untrusted
    ) =>
        $"{MinisignText.UntrustedPrefix}{untrusted}\n"
        + $"{Convert.ToBase64String([.. MinisignText.Prehashed, .. number, .. signature])}\n"
        + $"{MinisignText.TrustedPrefix}{trusted}\n{Convert.ToBase64String(global)}\n";

    /// <summary>What the second signature signs.</summary>
    public static byte[] GlobalContent(byte[] signature, string comment) =>
        [.. signature, .. Encoding.UTF8.GetBytes(comment)];

    /// <summary>Whether it names <paramref name="key"/>; the number alone proves nothing.</summary>
    public bool Names(MinisignPublicKey key) => key.Number.SequenceEqual(_number);

    /// <summary>
    /// Whether both signatures are <paramref name="key"/>'s, over <paramref name="message"/> (content or its hash).
    /// </summary>
    public bool IsBy(MinisignPublicKey key, byte[] message)
    {
        var global = GlobalContent(_signature, TrustedComment);
        return Ed25519.Verify(_signature, 0, key.Point, 0, message, 0, message.Length)
            && Ed25519.Verify(_global, 0, key.Point, 0, global, 0, global.Length);
    }

    private static string Comment(string[] lines) => lines[2][MinisignText.TrustedPrefix.Length..];

    private static PatchsetException Malformed(string what) =>
        new(PatchsetErrorCode.BadSignature, $"the signature of {what} is not a minisign signature");
}
