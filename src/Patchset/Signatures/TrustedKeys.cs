namespace EPortal.Format;

/// <summary>The public keys whose signatures count.</summary>
public sealed class TrustedKeys(IEnumerable<MinisignPublicKey> keys)
{
    private const long MaxLegacyContent = 64 << 20;

    /// <summary>No key: nothing is trusted.</summary>
    public static TrustedKeys None { get; } = new([]);

    /// <summary>The keys.</summary>
    public IReadOnlyList<MinisignPublicKey> Keys { get; } = [.. keys.Distinct()];

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Keys.Count == 0;

    /// <summary>Checks a signature with its comment and returns the key that made it.</summary>
    /// <param name="content">What is signed.</param>
    /// <param name="signature">Text of the signature file.</param>
    /// <param name="what">Name of the content, for messages.</param>
    /// <exception cref="PatchsetException">The signature is malformed, of a key not trusted, or does not
    /// fit.</exception>
    public MinisignPublicKey Verify(ReadOnlySpan<byte> content, string signature, string what)
    {
        var parsed = MinisignSignature.Parse(signature, what);
        return Check(parsed, what, parsed.IsPrehashed ? ContentHash.Of(content) : content.ToArray());
    }

    /// <summary>Checks a signature over a stream, which is read to its end.</summary>
    /// <inheritdoc cref="Verify(ReadOnlySpan{byte}, string, string)"/>
    public MinisignPublicKey Verify(Stream content, string signature, string what)
    {
        var parsed = MinisignSignature.Parse(signature, what);
        return Check(parsed, what, parsed.IsPrehashed ? ContentHash.Of(content) : ReadAll(content, what));
    }

    private MinisignPublicKey Check(MinisignSignature signature, string what, byte[] message)
    {
        var named = Keys.Where(signature.Names).ToList();
        if (named.Count == 0)
            throw new PatchsetException(
                PatchsetErrorCode.UntrustedKey,
                $"{what} is signed with key {signature.KeyId}, which is not trusted"
            );
        return named.FirstOrDefault(key => signature.IsBy(key, message))
            ?? throw new PatchsetException(PatchsetErrorCode.BadSignature, $"invalid signature of {what}");
    }

    /// <summary>Signatures of the older kind are over the content itself, which then has to be in memory.</summary>
    private static byte[] ReadAll(Stream content, string what)
    {
        using var buffer = new MemoryStream();
        using var limited = new LimitedStream(
            content,
            MaxLegacyContent,
            () =>
                new PatchsetException(
                    PatchsetErrorCode.LimitExceeded,
                    $"{what} is too large for a signature that is not prehashed"
                )
        );
        limited.CopyTo(buffer);
        return buffer.ToArray();
    }
}
