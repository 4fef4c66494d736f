using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EPortal.Data;

namespace EPortal.Accounts.Ldap;

/// <summary>Checks a server's certificate and says in a sentence what is wrong with it.</summary>
internal static class LdapCertificates
{
    private const int MaxText = 64 * 1024;

    /// <summary>The certificates in a PEM text (RFC 7468); null for those that this machine trusts.</summary>
    /// <exception cref="RefusedException">The text holds none.</exception>
    public static X509Certificate2Collection? Authorities(string? pem)
    {
        if (pem is null)
            return null;
        var authorities = new X509Certificate2Collection();
        try
        {
            if (pem.Length <= MaxText)
                authorities.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            throw new RefusedException(Refusal.Invalid, "malformed CA certificate");
        }

        return authorities.Count > 0
            ? authorities
            : throw new RefusedException(Refusal.Invalid, "invalid CA certificate: no certificate in PEM found");
    }

    /// <summary>
    /// How a connection is to be checked: against these authorities, else against those this machine trusts; for the
    /// host's name.
    /// </summary>
    public static SslClientAuthenticationOptions Options(
        LdapUrl url,
        X509Certificate2Collection? authorities,
        Action<string> refused,
        DateTimeOffset now
    )
    {
        var policy = new X509ChainPolicy
        {
            // A closed network reaches no revocation list.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now.UtcDateTime,
            VerificationTimeIgnored = false,
        };
        if (authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
        }

        return new SslClientAuthenticationOptions
        {
            TargetHost = url.Host,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                if (errors == SslPolicyErrors.None || !url.StrictCheck)
                    return true;
                refused(Sentence(url, certificate, chain, errors, now));
                return false;
            },
        };
    }

    private static string Sentence(
        LdapUrl url,
        X509Certificate? certificate,
        X509Chain? chain,
        SslPolicyErrors errors,
        DateTimeOffset now
    )
    {
        if (certificate is not X509Certificate2 server || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            return $"{url} sent no certificate";
        if (now > server.NotAfter.ToUniversalTime())
            return $"the certificate of {url} expired at {server.NotAfter.ToUniversalTime():u}";
        if (now < server.NotBefore.ToUniversalTime())
            return $"the certificate of {url} is not valid before {server.NotBefore.ToUniversalTime():u}";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            return server.SubjectName.RawData.AsSpan().SequenceEqual(server.IssuerName.RawData)
                ? $"the certificate of {url} is self-signed and not trusted"
                : $"the certificate of {url} is signed by '{server.Issuer}', which is not trusted ({Reasons(chain)})";
        }

        return $"the certificate of {url} is for '{server.Subject}', not for {url.Host}";
    }

    private static string Reasons(X509Chain? chain) =>
        string.Join(", ", chain?.ChainStatus.Select(status => status.Status.ToString()).Distinct() ?? []);
}
