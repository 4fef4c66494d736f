using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace EPortal.Format;

/// <summary>A secret key in minisign's form, from a file with or without a password.</summary>
public sealed class MinisignSecretKey
{
    // Layout of the key file: algorithm, key derivation, checksum algorithm, salt, two bounds, then number, key,
    // checksum.
    private const int SaltAt = 6;
    private const int OpsAt = 38;
    private const int MemoryAt = 46;
    private const int BodyAt = 54;
    private const int NumberLength = 8;
    private const int SeedLength = 32;
    private const int ChecksumLength = 32;
    private const int BodyLength = NumberLength + (2 * SeedLength) + ChecksumLength;
    private const int Length = BodyAt + BodyLength;

    /// <summary>The limits minisign uses; a file that asks for more was not made by it.</summary>
    private const ulong MaxOps = 33_554_432;
    private const ulong MaxMemory = 1_073_741_824;

    private readonly byte[] _seed;

    private MinisignSecretKey(ReadOnlySpan<byte> number, ReadOnlySpan<byte> seed)
    {
        _seed = seed.ToArray();
        var point = new byte[SeedLength];
        Ed25519.GeneratePublicKey(_seed, 0, point, 0);
        PublicKey = new MinisignPublicKey(number, point);
    }

    /// <summary>The public half.</summary>
    public MinisignPublicKey PublicKey { get; }

    /// <summary>Makes a new key.</summary>
    public static MinisignSecretKey Generate() =>
        new(RandomNumberGenerator.GetBytes(NumberLength), RandomNumberGenerator.GetBytes(SeedLength));

    /// <summary>Whether a key file needs a password.</summary>
    /// <exception cref="PatchsetException">It is not such a file.</exception>
    public static bool IsProtected(string text) => Decode(text).AsSpan(2, 2).SequenceEqual("Sc"u8);

    /// <summary>Reads a key file.</summary>
    /// <param name="text">The file: a comment line and a base64 line.</param>
    /// <param name="password">For a file that is protected with one.</param>
    /// <exception cref="PatchsetException">It is not such a file, or the password is missing or wrong.</exception>
    public static MinisignSecretKey Parse(string text, string? password)
    {
        var bytes = Decode(text);
        if (!bytes.AsSpan(0, 2).SequenceEqual("Ed"u8) || !bytes.AsSpan(4, 2).SequenceEqual("B2"u8))
            throw new PatchsetException(PatchsetErrorCode.BadKey, "the secret key uses an unknown algorithm");
        var isProtected = bytes.AsSpan(2, 2).SequenceEqual("Sc"u8);
        if (isProtected)
            Unlock(
                bytes,
                password ?? throw new PatchsetException(PatchsetErrorCode.BadKey, "the secret key needs a password")
            );
        var body = bytes.AsSpan(BodyAt);
        var seed = body.Slice(NumberLength, SeedLength);
        var key = new MinisignSecretKey(body[..NumberLength], seed);
        // minisign writes no checksum into a file without a password.
        var checksum = body[^ChecksumLength..];
        var isWhole =
            (Checksum(key).AsSpan().SequenceEqual(checksum) || (!isProtected && !checksum.ContainsAnyExcept((byte)0)))
            && key.PublicKey.Point.AsSpan().SequenceEqual(body.Slice(NumberLength + SeedLength, SeedLength));
        return isWhole
            ? key
            : throw new PatchsetException(
                PatchsetErrorCode.BadKey,
                isProtected ? "wrong password for the secret key" : "the secret key is damaged"
            );
    }

    /// <summary>A key file without a password, as <c>minisign -G -W</c> writes.</summary>
    public string ToText()
    {
        var bytes = new byte[Length];
        "Ed"u8.CopyTo(bytes);
        "B2"u8.CopyTo(bytes.AsSpan(4));
        PublicKey.Number.CopyTo(bytes.AsSpan(BodyAt));
        _seed.CopyTo(bytes, BodyAt + NumberLength);
        PublicKey.Point.CopyTo(bytes, BodyAt + NumberLength + SeedLength);
        Checksum(this).CopyTo(bytes, Length - ChecksumLength);
        return $"{MinisignText.UntrustedPrefix}minisign secret key {PublicKey.KeyId}\n{Convert.ToBase64String(bytes)}\n";
    }

    /// <summary>Signs content.</summary>
    /// <param name="content">What to sign.</param>
    /// <param name="trustedComment">Signed with it; one line.</param>
    /// <param name="untrustedComment">Not signed; one line.</param>
    /// <returns>The text of the signature file.</returns>
    public string Sign(ReadOnlySpan<byte> content, string trustedComment, string untrustedComment) =>
        SignHash(ContentHash.Of(content), trustedComment, untrustedComment);

    /// <summary>Signs a stream, which is read to its end.</summary>
    /// <inheritdoc cref="Sign(ReadOnlySpan{byte}, string, string)"/>
    public string Sign(Stream content, string trustedComment, string untrustedComment) =>
        SignHash(ContentHash.Of(content), trustedComment, untrustedComment);

    private string SignHash(byte[] hash, string trusted, string untrusted)
    {
        if (!MinisignText.IsComment(trusted) || !MinisignText.IsComment(untrusted))
            throw new ArgumentException("a comment must be one line");
        var signature = Sign(hash);
        return MinisignSignature.Format(
            PublicKey.Number,
            signature,
            Sign(MinisignSignature.GlobalContent(signature, trusted)),
            trusted,
            untrusted
        );
    }

    private byte[] Sign(byte[] message)
    {
        var signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(_seed, 0, message, 0, message.Length, signature, 0);
        return signature;
    }

    private static byte[] Decode(string text) =>
        MinisignText.Decode(MinisignText.Lines(text)[^1].Trim(), Length)
        ?? throw new PatchsetException(PatchsetErrorCode.BadKey, "not a minisign secret key");

    private static byte[] Checksum(MinisignSecretKey key)
    {
        var digest = new Blake2bDigest(ChecksumLength * 8);
        digest.BlockUpdate("Ed"u8);
        digest.BlockUpdate(key.PublicKey.Number);
        digest.BlockUpdate(key._seed);
        digest.BlockUpdate(key.PublicKey.Point);
        var hash = new byte[ChecksumLength];
        digest.DoFinal(hash, 0);
        return hash;
    }

    /// <summary>Decrypts the body with the password's key stream (scrypt, RFC 7914).</summary>
    private static void Unlock(byte[] file, string password)
    {
        var ops = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(OpsAt));
        var memory = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(MemoryAt));
        if (ops > MaxOps || memory > MaxMemory)
            throw new PatchsetException(
                PatchsetErrorCode.BadKey,
                "the secret key requires more work than minisign allows"
            );
        var (cost, lanes) = ScryptParameters(ops, memory);
        var stream = SCrypt.Generate(
            Encoding.UTF8.GetBytes(password),
            file[SaltAt..OpsAt],
            cost,
            ScryptBlock,
            lanes,
            BodyLength
        );
        for (var i = 0; i < BodyLength; i++)
            file[BodyAt + i] ^= stream[i];
    }

    private const int ScryptBlock = 8;

    /// <summary>
    /// How libsodium's crypto_pwhash_scryptsalsa208sha256 turns its two bounds into scrypt's N and p.
    /// </summary>
    private static (int Cost, int Lanes) ScryptParameters(ulong ops, ulong memory)
    {
        ops = Math.Max(ops, 32_768);
        var byOps = ops < memory / 32;
        var maxCost = byOps ? ops / (ScryptBlock * 4) : memory / (ScryptBlock * 128);
        var log = 1;
        while (log < 30 && 1UL << log <= maxCost / 2)
            log++;
        return (1 << log, byOps ? 1 : (int)Math.Max(1, ops / 4 / (1UL << log) / ScryptBlock));
    }
}
