using System.Security.Cryptography;
using System.Text;
using EPortal.Api.Guards;

namespace EPortal.Accounts;

/// <summary>
/// Passwords that were right a moment ago, by a keyed hash in memory: programs send theirs with every call, and
/// checking one takes long on purpose.
/// </summary>
internal sealed class RememberedPasswords(TimeProvider time)
{
    private const int Most = 1000;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _gate = new();
    private readonly LruTable<string, Entry> _entries = new(Most);

    /// <summary>What a password is remembered by.</summary>
    /// <param name="name">User name, without control characters.</param>
    /// <param name="password">Password.</param>
    /// <param name="against">What it was checked against; when that changes nothing is remembered any more.</param>
    public string Mark(string name, string password, string against) =>
        Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{name}\0{against}\0{password}")));

    /// <summary>Name of the user whose password it is; null when none is remembered.</summary>
    public string? UserOrNull(SecretAttempt attempt, string mark)
    {
        attempt.Demand();
        lock (_gate)
            return _entries.TryGet(mark, out var entry) && time.GetElapsedTime(entry.Since) < entry.For
                ? entry.User
                : null;
    }

    /// <summary>Remembers it for a while.</summary>
    public void Add(string mark, string user, TimeSpan duration)
    {
        lock (_gate)
            _entries.Set(mark, new Entry(user, time.GetTimestamp(), duration));
    }

    private sealed record Entry(string User, long Since, TimeSpan For);
}
