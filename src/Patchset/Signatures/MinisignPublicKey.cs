namespace EPortal.Format;

/// <summary>A public key in minisign's form: Ed25519 (RFC 8032) and a key number of eight bytes.</summary>
public sealed class MinisignPublicKey : IEquatable<MinisignPublicKey>
{
    private const int NumberLength = 8;
    private const int PointLength = 32;

    private readonly byte[] _number;
    private readonly byte[] _point;

    internal MinisignPublicKey(ReadOnlySpan<byte> number, ReadOnlySpan<byte> point) =>
        (_number, _point) = (number.ToArray(), point.ToArray());

    /// <summary>The key number as minisign prints it, 16 upper-case hex digits.</summary>
    public string KeyId => MinisignText.KeyId(_number);

    internal ReadOnlySpan<byte> Number => _number;

    internal byte[] Point => _point;

    /// <summary>Reads a key file of two lines, or its base64 line alone.</summary>
    /// <exception cref="PatchsetException">It is not such a key.</exception>
    public static MinisignPublicKey Parse(string text)
    {
        var lines = MinisignText.Lines(text);
        var bytes = lines.Length <= 2 ? MinisignText.Decode(lines[^1].Trim(), 2 + NumberLength + PointLength) : null;
        return bytes is not null && bytes.AsSpan(0, 2).SequenceEqual(MinisignText.Legacy)
            ? new MinisignPublicKey(bytes.AsSpan(2, NumberLength), bytes.AsSpan(2 + NumberLength))
            : throw new PatchsetException(PatchsetErrorCode.BadKey, "not a minisign public key");
    }

    /// <summary>The base64 line alone.</summary>
    public override string ToString() => Convert.ToBase64String([.. MinisignText.Legacy, .. _number, .. _point]);

    /// <summary>A key file with a comment.</summary>
    public string ToText(string comment) => $"{MinisignText.UntrustedPrefix}{comment} {KeyId}\n{this}\n";

    /// <inheritdoc/>
    public bool Equals(MinisignPublicKey? other) =>
        other is not null
        && _number.AsSpan().SequenceEqual(other._number)
        && _point.AsSpan().SequenceEqual(other._point);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MinisignPublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_point);
}
