using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EPortal.Tests.Hosting;

/// <summary>A certificate of its own authority and its key, as PEM files.</summary>
internal static class TlsPair
{
    /// <summary>Writes them; the key is its owner's alone.</summary>
    public static X509Certificate2 Write(string certificate, string key, string name = "localhost", int days = 90)
    {
        using var secret = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", secret, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-100), now.AddDays(days));
        File.WriteAllText(certificate, made.ExportCertificatePem());
        File.WriteAllText(key, secret.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return X509CertificateLoader.LoadCertificate(made.RawData);
    }
}
