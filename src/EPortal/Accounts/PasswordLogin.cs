using System.Security.Cryptography;
using System.Text;
using EPortal.Accounts.Ldap;
using EPortal.Api;
using EPortal.Data;
using Microsoft.Extensions.Caching.Memory;

namespace EPortal.Accounts;

/// <summary>How a login by password ended.</summary>
/// <param name="User">Who it is; null when it failed.</param>
/// <param name="TooMany">Whether it was not even tried, after too many wrong ones.</param>
/// <param name="DirectoryFailed">Whether it could not be tried, because the directory cannot be used now.</param>
internal sealed record LoginResult(User? User, bool TooMany = false, bool DirectoryFailed = false);

/// <summary>The ends of logins that are counted.</summary>
internal enum LoginOutcome
{
    /// <summary>Name and password were right.</summary>
    Right,

    /// <summary>One of them was wrong.</summary>
    Wrong,

    /// <summary>Not tried, after too many wrong ones.</summary>
    Throttled,

    /// <summary>The directory that was to be asked failed.</summary>
    DirectoryFailed,
}

/// <summary>
/// Logs in by name and password: a local user of that name decides; only when there is none is the directory asked. What was
/// right a moment ago is remembered for a while by a keyed hash, for programs send their password with every call and checking
/// one takes long on purpose; a changed local password is wrong at once all the same.
/// </summary>
internal sealed partial class PasswordLogin(
    UserStore users, LdapStore ldap, ExternalLogins external, LoginGuard guard, TimeProvider time, ILogger<PasswordLogin> logger) : IDisposable
{
    private const int MaxRemembered = 1000;
    private static readonly TimeSpan s_remembered = TimeSpan.FromMinutes(5);

    /// <summary>Shorter, for the directory does not tell of a password that was changed or a user who left.</summary>
    private static readonly TimeSpan s_rememberedOfDirectory = TimeSpan.FromMinutes(1);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly MemoryCache _right = new(new MemoryCacheOptions { SizeLimit = MaxRemembered });

    /// <summary>How logins ended; what was remembered is no new one.</summary>
    public OutcomeCounts<LoginOutcome> Counts { get; } = new();

    /// <summary>Tries it.</summary>
    public async Task<LoginResult> Try(string name, string password, string address, CancellationToken cancel)
    {
        var credential = users.CredentialOrNull(name);
        var directory = credential?.Hash is null && DirectoryOrNull() is { } asked && (credential is not null || !users.IsShielded(name)) ? asked : null;
        var mark = Mark(name, password, credential?.Hash, directory);
        if (_right.TryGetValue(mark, out string? known) && users.FindOrNull(known!) is { } user && external.Counts(user, time.GetUtcNow()))
            return new LoginResult(user);
        // Asked twice: those who may not try now must not wait in the way of others, and many at once must not slip through.
        using var turn = guard.Admits(name, address) ? await guard.Turn(directory is not null, name, address, cancel) : null;
        if (turn is null || !guard.Admits(name, address))
        {
            LogTooMany(address);
            Counts.Add(LoginOutcome.Throttled);
            return new LoginResult(null, TooMany: true);
        }

        try
        {
            var found = directory is null ? Local(credential, password) : await OfDirectory(directory, credential?.User, name, password, address, cancel);
            if (found is null)
            {
                guard.Wrong(name, address);
                LogWrong(address);
                Counts.Add(LoginOutcome.Wrong);
                return new LoginResult(null);
            }

            guard.Right(name, address);
            Counts.Add(LoginOutcome.Right);
            Remember(mark, found, directory is null ? s_remembered : s_rememberedOfDirectory);
            return new LoginResult(found);
        }
        catch (LdapException e)
        {
            LogDirectory(e.Message);
            Counts.Add(LoginOutcome.DirectoryFailed);
            return new LoginResult(null, DirectoryFailed: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _right.Dispose();

    private static User? Local(UserStore.Credential? credential, string password) => UserStore.Verify(credential, password) ? credential!.User : null;

    private async Task<User?> OfDirectory(LdapDirectory directory, User? known, string name, string password, string address, CancellationToken cancel)
    {
        var who = directory.IdentityOf(name);
        // Who came in before the rule for names still does, by exactly that name.
        var isKnown = known is not null && (known.Identity == who.Key || known.Identity == who.FormerKey);
        return await directory.Login(name, password, cancel, isKnown) == LdapLogin.Done ? await Enter(who, address) : null;
    }

    private Task<User> Enter(ForeignIdentity who, string address) => users.Enter(new Actor(who.Name, address), who);

    private LdapDirectory? DirectoryOrNull()
    {
        var directory = ldap.DirectoryOrNull(out var problem);
        if (problem is not null)
            LogSettings(problem);
        return directory;
    }

    private string Mark(string name, string password, string? hash, LdapDirectory? directory) => Convert.ToHexString(HMACSHA256.HashData(
        _key, Encoding.UTF8.GetBytes($"{name}\0{password}\0{hash}\0{directory?.Number}")));

    private void Remember(string mark, User user, TimeSpan howLong) =>
        _right.Set(mark, user.Name, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = howLong });

    // No names: a password typed into the wrong field must not end in a log.
    [LoggerMessage(Level = LogLevel.Warning, Message = "A login from {Address} failed")]
    private partial void LogWrong(string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A login from {Address} was not tried: too many wrong ones")]
    private partial void LogTooMany(string address);

    [LoggerMessage(Level = LogLevel.Error, Message = "The directory cannot be asked: {Reason}")]
    private partial void LogDirectory(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The directory's settings were not taken: {Reason}")]
    private partial void LogSettings(string reason);
}
