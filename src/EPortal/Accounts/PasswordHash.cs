using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;

namespace EPortal.Accounts;

/// <summary>
/// Argon2id (RFC 9106) in PHC form, <c>$argon2id$v=19$m=…,t=…,p=…$SALT$HASH</c>, so that parameters can be raised later
/// and old hashes still be checked.
/// </summary>
internal static class PasswordHash
{
    private const int Lanes = 1;
    private const int SaltLength = 16;
    private const int HashLength = 32;

    /// <summary>Hashes a password with a new salt; the cost is kept with the hash.</summary>
    public static string Make(string password, PasswordCost cost)
    {
        var (memoryKiB, passes) = cost;
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var hash = Derive(password, salt, memoryKiB, passes, Lanes);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"$argon2id$v=19$m={memoryKiB},t={passes},p={Lanes}${Unpadded(salt)}${Unpadded(hash)}"
        );
    }

    /// <summary>Whether <paramref name="password"/> is the one that <paramref name="hash"/> was made of.</summary>
    /// <exception cref="FormatException">The hash is not of this form.</exception>
    public static bool Verify(string password, string hash)
    {
        var parts = hash.Split('$');
        if (parts is not ["", "argon2id", "v=19", var parameters, var salt, var expected])
            throw new FormatException("the stored password hash is not Argon2id in PHC form");
        var numbers = parameters.Split(',').Select(p => int.Parse(p.AsSpan(2), CultureInfo.InvariantCulture)).ToArray();
        var actual = Derive(password, Padded(salt), numbers[0], numbers[1], numbers[2]);
        return CryptographicOperations.FixedTimeEquals(actual, Padded(expected));
    }

    private static byte[] Derive(string password, byte[] salt, int memoryKiB, int passes, int lanes)
    {
        var argon = new Argon2BytesGenerator();
        argon.Init(
            new Argon2Parameters.Builder(Argon2Parameters.Argon2id)
                .WithVersion(Argon2Parameters.Version13)
                .WithSalt(salt)
                .WithMemoryAsKB(memoryKiB)
                .WithIterations(passes)
                .WithParallelism(lanes)
                .Build()
        );
        var hash = new byte[HashLength];
        argon.GenerateBytes(Encoding.UTF8.GetBytes(password), hash);
        return hash;
    }

    private static string Unpadded(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[] Padded(string text) =>
        Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
}

/// <summary>What a new hash of a password costs.</summary>
/// <param name="MemoryKiB">Memory in KiB.</param>
/// <param name="Passes">Passes over it.</param>
internal sealed record PasswordCost(int MemoryKiB, int Passes)
{
    /// <summary>OWASP's advice for interactive logins: 19 MiB, two passes (and one lane).</summary>
    public static PasswordCost Standard { get; } = new(19 * 1024, 2);
}
