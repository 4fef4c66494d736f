using Org.BouncyCastle.Crypto.Digests;

namespace EPortal.Format;

/// <summary>BLAKE2b-512 (RFC 7693), which minisign signs instead of the content.</summary>
internal static class ContentHash
{
    private const int Bits = 512;
    private const int BufferLength = 64 * 1024;

    public static byte[] Of(ReadOnlySpan<byte> content)
    {
        var digest = new Blake2bDigest(Bits);
        digest.BlockUpdate(content);
        return Finish(digest);
    }

    public static byte[] Of(Stream content)
    {
        var digest = new Blake2bDigest(Bits);
        var buffer = new byte[BufferLength];
        for (var read = content.Read(buffer); read > 0; read = content.Read(buffer))
            digest.BlockUpdate(buffer, 0, read);
        return Finish(digest);
    }

    private static byte[] Finish(Blake2bDigest digest)
    {
        var hash = new byte[Bits / 8];
        digest.DoFinal(hash, 0);
        return hash;
    }
}
