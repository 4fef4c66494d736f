using Org.BouncyCastle.Crypto.Digests;

namespace EPortal.AgentClient;

/// <summary>SHA-256 of files, managed, so that it works where no OpenSSL is installed.</summary>
public static class FileHash
{
    /// <summary>64 lower-case hex digits of what is left in the stream.</summary>
    public static async Task<string> Sha256Async(Stream content, CancellationToken cancel)
    {
        var digest = new Sha256Digest();
        var buffer = new byte[128 * 1024];
        int read;
        while ((read = await content.ReadAsync(buffer, cancel)) > 0)
            digest.BlockUpdate(buffer, 0, read);
        var hash = new byte[digest.GetDigestSize()];
        digest.DoFinal(hash, 0);
        return Convert.ToHexStringLower(hash);
    }
}
