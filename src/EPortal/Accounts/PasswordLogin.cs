using System.Security.Cryptography;
using System.Text;
using EPortal.Api;
using Microsoft.Extensions.Caching.Memory;

namespace EPortal.Accounts;

/// <summary>How a login by password ended.</summary>
/// <param name="User">Who it is; null when it failed.</param>
/// <param name="TooMany">Whether it was not even tried, after too many wrong ones.</param>
internal sealed record LoginResult(User? User, bool TooMany = false);

/// <summary>The ends of logins that are counted.</summary>
internal enum LoginOutcome
{
    /// <summary>Name and password were right.</summary>
    Right,

    /// <summary>One of them was wrong.</summary>
    Wrong,

    /// <summary>Not tried, after too many wrong ones.</summary>
    Throttled,
}

/// <summary>
/// Logs in by name and password. What was right a moment ago is remembered for a while by a keyed hash, for programs send
/// their password with every call and checking one takes long on purpose; a changed password is wrong at once all the same.
/// </summary>
internal sealed partial class PasswordLogin(UserStore users, LoginGuard guard, ILogger<PasswordLogin> logger) : IDisposable
{
    private const int MaxRemembered = 1000;
    private static readonly TimeSpan s_remembered = TimeSpan.FromMinutes(5);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly MemoryCache _right = new(new MemoryCacheOptions { SizeLimit = MaxRemembered });

    /// <summary>How logins ended; what was remembered is no new one.</summary>
    public OutcomeCounts<LoginOutcome> Counts { get; } = new();

    /// <summary>Tries it.</summary>
    public async Task<LoginResult> Try(string name, string password, string address, CancellationToken cancel)
    {
        var credential = users.CredentialOrNull(name);
        var mark = Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{name}\0{password}\0{credential?.Hash}")));
        if (credential is not null && _right.TryGetValue(mark, out _))
            return new LoginResult(credential.User);
        using var turn = await guard.Turn(cancel);
        if (turn is null || !guard.Admits(name, address))
        {
            LogTooMany(address);
            Counts.Add(LoginOutcome.Throttled);
            return new LoginResult(null, TooMany: true);
        }

        if (!UserStore.Verify(credential, password))
        {
            guard.Wrong(name, address);
            LogWrong(address);
            Counts.Add(LoginOutcome.Wrong);
            return new LoginResult(null);
        }

        guard.Right(name, address);
        Counts.Add(LoginOutcome.Right);
        _right.Set(mark, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = s_remembered });
        return new LoginResult(credential!.User);
    }

    /// <inheritdoc/>
    public void Dispose() => _right.Dispose();

    // No names: a password typed into the wrong field must not end in a log.
    [LoggerMessage(Level = LogLevel.Warning, Message = "A login from {Address} failed")]
    private partial void LogWrong(string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A login from {Address} was not tried: too many wrong ones")]
    private partial void LogTooMany(string address);
}
