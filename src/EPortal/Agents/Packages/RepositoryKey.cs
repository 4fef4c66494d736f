using System.Security.Cryptography;
using System.Text;
using EPortal.Blobs;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;
using Org.BouncyCastle.Bcpg.Sig;
using Org.BouncyCastle.Security;

namespace EPortal.Agents.Packages;

/// <summary>
/// The OpenPGP key (RFC 4880) that signs the repositories of agent packages: RSA and SHA-256, which the package
/// managers of all supported systems take. It lies without a password in a file of the portal's user, as other programs
/// export one, and is made when it is first needed.
/// </summary>
internal sealed class RepositoryKey
{
    private const int Bits = 3072;
    private const string Name = "ePortal agent repository";
    private static readonly char[] NoPassword = [];

    private readonly PgpPublicKey _public;
    private readonly PgpPrivateKey _private;
    private readonly TimeProvider _time;

    private RepositoryKey(PgpSecretKey key, TimeProvider time)
    {
        (_public, _private, _time) = (key.PublicKey, key.ExtractPrivateKey(NoPassword), time);
        PublicText = Armor(_public.Encode);
        Fingerprint = Convert.ToHexString(_public.GetFingerprint());
    }

    /// <summary>The public key as text, for package managers.</summary>
    public string PublicText { get; }

    /// <summary>40 hex digits, capitals.</summary>
    public string Fingerprint { get; }

    /// <summary>Reads the key, or makes it.</summary>
    /// <exception cref="IOException">The file cannot be read or written, or holds no such key.</exception>
    public static RepositoryKey Open(string file, TimeProvider time)
    {
        // Two programs may need it at the same moment; both must sign with the key that is kept.
        if (!File.Exists(file))
            DurableFile.WriteNew(file, Encoding.ASCII.GetBytes(Make(time.GetUtcNow().UtcDateTime)));
        try
        {
            using var armored = File.OpenRead(file);
            var ring = new PgpSecretKeyRing(PgpUtilities.GetDecoderStream(armored));
            return new RepositoryKey(ring.GetSecretKey(), time);
        }
        catch (Exception e) when (e is PgpException or IOException or ArgumentException)
        {
            throw new IOException(
                $"cannot use the key of the agent repository in {file}: {e.Message}; restore it from a backup, or delete it and run "
                    + "/set-kernelcare-repo again on all hosts",
                e
            );
        }
    }

    /// <summary>A detached signature of a file, as text.</summary>
    public string SignAsText(ReadOnlySpan<byte> content)
    {
        var signature = Sign(new MemoryStream(content.ToArray()));
        return Armor(armor => armor.Write(signature));
    }

    /// <summary>A detached signature of all that a stream still holds, binary.</summary>
    public byte[] Sign(Stream content)
    {
        var generator = Begin(PgpSignature.BinaryDocument);
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = content.Read(buffer)) > 0)
            generator.Update(buffer, 0, read);
        return generator.Generate().GetEncoded();
    }

    /// <summary>A text with its signature in one (cleartext signature framework).</summary>
    /// <param name="text">Lines of ASCII, each ended by a line feed and without blanks at its end.</param>
    public string SignInLine(string text)
    {
        var generator = Begin(PgpSignature.CanonicalTextDocument);
        // The last line break belongs to the signature (RFC 4880, 7.1).
        generator.Update(Encoding.ASCII.GetBytes(text.TrimEnd('\n').ReplaceLineEndings("\r\n")));
        return Armor(armor =>
        {
            armor.BeginClearText(HashAlgorithmTag.Sha256);
            armor.Write(Encoding.ASCII.GetBytes(text));
            armor.EndClearText();
            generator.Generate().Encode(armor);
        });
    }

    private static string Make(DateTime now)
    {
        using var rsa = RSA.Create(Bits);
        var pair = new PgpKeyPair(PublicKeyAlgorithmTag.RsaGeneral, DotNetUtilities.GetRsaKeyPair(rsa), now);
        var properties = new PgpSignatureSubpacketGenerator();
        properties.SetKeyFlags(isCritical: true, KeyFlags.CertifyOther | KeyFlags.SignData);
        var ring = new PgpKeyRingGenerator(
            PgpSignature.PositiveCertification,
            pair,
            Name,
            SymmetricKeyAlgorithmTag.Null,
            HashAlgorithmTag.Sha256,
            NoPassword,
            useSha1: false,
            properties.Generate(),
            null,
            new SecureRandom()
        ).GenerateSecretKeyRing();
        return Armor(ring.Encode);
    }

    private static string Armor(Action<ArmoredOutputStream> write)
    {
        using var text = new MemoryStream();
        using (var armor = new ArmoredOutputStream(text))
            write(armor);
        return Encoding.ASCII.GetString(text.ToArray()).ReplaceLineEndings("\n");
    }

    private PgpSignatureGenerator Begin(int type)
    {
        var generator = new PgpSignatureGenerator(_public.Algorithm, HashAlgorithmTag.Sha256);
        generator.InitSign(type, _private);
        var properties = new PgpSignatureSubpacketGenerator();
        properties.SetSignatureCreationTime(isCritical: false, _time.GetUtcNow().UtcDateTime);
        properties.SetIssuerKeyID(isCritical: false, _public.KeyId);
        properties.SetIssuerFingerprint(isCritical: false, _public);
        generator.SetHashedSubpackets(properties.Generate());
        return generator;
    }
}
