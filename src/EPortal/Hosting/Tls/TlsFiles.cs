using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EPortal.Hosting.Tls;

/// <summary>A certificate with its key and those that lead to its authority, from two PEM files.</summary>
internal static class TlsFiles
{
    /// <summary>No certificate chain or key is longer.</summary>
    private const long MaxBytes = 1 << 20;

    private const UnixFileMode ForEverybody =
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads and checks them.</summary>
    /// <exception cref="StartException">One sentence about what is wrong with which file.</exception>
    public static SslStreamCertificateContext Read(string certificatePath, string keyPath)
    {
        var certificateText = ReadText("TLS_CERT", certificatePath);
        var keyText = ReadText("TLS_KEY", keyPath);
        if ((File.GetUnixFileMode(keyPath) & ForEverybody) != 0)
            throw new StartException(
                $"every user can read the private key {keyPath} (TLS_KEY); run chmod 640 {keyPath}"
            );
        var chain = Chain(certificatePath, certificateText);
        var context = SslStreamCertificateContext.Create(
            WithKey(certificatePath, certificateText, keyPath, keyText),
            chain,
            offline: true
        );
        if (TlsTrial.FailureOrNull(context) is { } reason)
            throw new StartException(
                $"OpenSSL does not take the certificate {certificatePath} (TLS_CERT): {reason}; "
                    + "use RSA of 2048 bits or more, or ECDSA"
            );
        return context;
    }

    private static string ReadText(string setting, string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxBytes
                ? NamedFile.ReadText(path)
                : throw new IOException("it is too large to be one");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException(
                $"cannot read {path} ({setting}) as user {DataFolder.Describe(PrivilegesNative.CurrentUser)}: "
                    + e.Message.TrimEnd('.')
            );
        }
    }

    private static X509Certificate2Collection Chain(string path, string text)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(text);
        }
        catch (CryptographicException e)
        {
            throw new StartException($"{path} (TLS_CERT) holds a damaged certificate: {e.Message.TrimEnd('.')}");
        }

        if (all.Count == 0)
            throw new StartException($"{path} (TLS_CERT) holds no certificate in PEM form");
        all.RemoveAt(0);
        return all;
    }

    private static X509Certificate2 WithKey(string path, string text, string keyPath, string keyText)
    {
        if (keyText.Contains("ENCRYPTED", StringComparison.Ordinal))
            throw new StartException(
                $"the private key {keyPath} (TLS_KEY) is protected by a password; write it without one: "
                    + $"openssl pkey -in {keyPath} -out NEW"
            );
        try
        {
            return X509Certificate2.CreateFromPem(text, keyText);
        }
        catch (Exception e) when (e is CryptographicException or NotSupportedException)
        {
            throw new StartException(
                $"{keyPath} (TLS_KEY) is not the private key in PEM form of the certificate {path} (TLS_CERT): "
                    + e.Message.TrimEnd('.')
            );
        }
        catch (ArgumentException e)
        {
            throw new StartException(
                $"{keyPath} (TLS_KEY) is not the private key of the certificate {path} (TLS_CERT): {FirstSentence(e)}"
            );
        }
    }

    private static string FirstSentence(Exception e) => e.Message.Split(['.', '('], 2)[0].Trim();
}
