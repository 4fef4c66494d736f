using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EPortal.Tests.Accounts.Ldap;

/// <summary>A certificate authority for a test, and what it signs.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly RSA _key = RSA.Create(2048);
    private readonly X509Certificate2 _authority;

    public TestCertificates(string name = "CN=Test authority")
    {
        var request = new CertificateRequest(name, _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, true)
        );
        _authority = request.CreateSelfSigned(
            DateTimeOffset.UnixEpoch.AddYears(50),
            DateTimeOffset.UnixEpoch.AddYears(80)
        );
    }

    /// <summary>The authority in PEM.</summary>
    public string Pem => _authority.ExportCertificatePem();

    /// <summary>A server's certificate for a name, or for 127.0.0.1, with its key, both in PEM.</summary>
    public (string Certificate, string Key) Make(
        string? name,
        DateTimeOffset from,
        DateTimeOffset to,
        bool selfSigned = false
    )
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(
            $"CN={name ?? "127.0.0.1"}",
            key,
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1
        );
        var names = new SubjectAlternativeNameBuilder();
        if (name is null)
            names.AddIpAddress(IPAddress.Loopback);
        else
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = selfSigned
            ? request.CreateSelfSigned(from, to)
            : request.Create(_authority, from, to, [.. RandomNumberGenerator.GetBytes(8).Prepend((byte)1)]);
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }
}
