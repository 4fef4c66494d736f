using System.Security.Cryptography;
using System.Text;

namespace EPortal.Replication.Channel;

/// <summary>
/// A key that all nodes have in common (<c>REPLICATION_SHARED_KEY</c>). It is never sent: each side proves that it has
/// it over random numbers of both, and the keys of a session are derived from all of these (HKDF with SHA-256, RFC
/// 5869).
/// </summary>
internal sealed class SharedKey
{
    /// <summary>Fewest characters.</summary>
    public const int MinLength = 32;

    /// <summary>Bytes of a random number that a side brings.</summary>
    public const int NonceSize = 32;

    private const string Protocol = "ePortal replication 1";
    private const int IdBytes = 8;

    private readonly byte[] _secret;
    private readonly byte[] _proofs;

    /// <summary>Takes a key as it stands in the settings.</summary>
    public SharedKey(string text)
    {
        _secret = Encoding.UTF8.GetBytes(text);
        _proofs = Derive([], "proofs");
        Id = Convert.ToHexStringLower(Derive([], "id").AsSpan(0, IdBytes));
    }

    /// <summary>Tells two keys apart and nothing else of them.</summary>
    public string Id { get; }

    /// <summary>What a caller proves with.</summary>
    public byte[] ProofOfCaller(string caller, byte[] nonce) => Proof("caller", caller, Hex(nonce));

    /// <summary>What the one that is called proves with.</summary>
    public byte[] ProofOfCalled(string caller, byte[] callerNonce, string called, byte[] nonce, string session) =>
        Proof("called", caller, Hex(callerNonce), called, Hex(nonce), session);

    /// <summary>The keys of a session, for what its caller sends and for the answers.</summary>
    public (byte[] Requests, byte[] Answers) ForSession(
        string caller,
        byte[] callerNonce,
        string called,
        byte[] nonce,
        string session
    )
    {
        byte[] salt = [.. callerNonce, .. nonce];
        return (
            Derive(salt, $"requests {caller} {called} {session}"),
            Derive(salt, $"answers {caller} {called} {session}")
        );
    }

    private byte[] Proof(params string[] parts) =>
        HMACSHA256.HashData(_proofs, Encoding.UTF8.GetBytes($"{Protocol}\n{string.Join('\n', parts)}"));

    private byte[] Derive(byte[] salt, string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, 32, salt, Encoding.UTF8.GetBytes($"{Protocol} {purpose}"));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
