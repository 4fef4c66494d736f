using System.Text.RegularExpressions;
using Org.BouncyCastle.Crypto.Digests;

namespace EPortal.Format;

/// <summary>Names of patchsets: opaque, 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>, a letter or digit first.</summary>
public static partial class PatchsetName
{
    /// <summary>Whether <paramref name="text"/> is one.</summary>
    public static bool IsValid(string text) => Pattern().IsMatch(text);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex Pattern();
}

/// <summary>
/// What a patch fits: for kernels the kernel id, 40 lower-case hex digits; for the others an ELF build-id, 16 to 128
/// lower-case hex digits, an even number of them.
/// </summary>
public static class TargetId
{
    /// <summary>Whether <paramref name="text"/> is one for <paramref name="product"/>.</summary>
    public static bool IsValid(Product product, string text) =>
        (product == Product.Kernel ? text.Length == 40 : text.Length is >= 16 and <= 128 && text.Length % 2 == 0)
        && text.All(char.IsAsciiHexDigitLower);
}

/// <summary>Names of files in a patch: 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>, a letter or digit first.</summary>
public static partial class PatchFileName
{
    /// <summary>Whether <paramref name="text"/> is one.</summary>
    public static bool IsValid(string text) => Pattern().IsMatch(text);

    // 100 is what the name field of a tar header holds.
    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex Pattern();
}

/// <summary>Ids of running kernels.</summary>
public static class KernelId
{
    /// <summary>
    /// The kernel id of a host: lower-case hex of the SHA-1 (FIPS 180-4) of the bytes of its <c>/proc/version</c>.
    /// </summary>
    public static string FromProcVersion(ReadOnlySpan<byte> procVersion)
    {
        // Managed, for agents run on hosts without OpenSSL; an identifier only, nothing is protected by it.
        var digest = new Sha1Digest();
        digest.BlockUpdate(procVersion);
        var hash = new byte[digest.GetDigestSize()];
        digest.DoFinal(hash, 0);
        return Convert.ToHexStringLower(hash);
    }
}
