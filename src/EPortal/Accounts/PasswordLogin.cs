using EPortal.Accounts.Ldap;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Data;

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
/// Logs in by name and password: a local user of that name decides; only when there is none is the directory asked. The
/// guard comes first, ahead of what is remembered too: else it would tell a right guess from one that was not tried.
/// </summary>
internal sealed partial class PasswordLogin(
    UserStore users,
    LdapStore ldap,
    ExternalLogins external,
    SecretGuards guards,
    TimeProvider time,
    ILogger<PasswordLogin> logger
)
{
    /// <summary>Passwords that are checked at a time: a check takes 19 MiB and a processor.</summary>
    private const int Checks = 2;

    /// <summary>
    /// Logins that wait for the directory at a time; apart from the others, so that a silent directory keeps no local
    /// user out.
    /// </summary>
    private const int Questions = 32;

    private const int MaxWaiting = 200;

    private static readonly TimeSpan s_remembered = TimeSpan.FromMinutes(5);

    /// <summary>Shorter, for the directory does not tell of a password that was changed or a user who left.</summary>
    private static readonly TimeSpan s_rememberedOfDirectory = TimeSpan.FromMinutes(1);

    private readonly AdmissionQueue _checks = new(Checks, MaxWaiting);
    private readonly AdmissionQueue _checksOfProved = new(1, MaxWaiting);
    private readonly AdmissionQueue _questions = new(Questions, MaxWaiting);
    private readonly RememberedPasswords _remembered = new(time);

    /// <summary>How logins ended; what was remembered is no new one.</summary>
    public OutcomeCounts<LoginOutcome> Counts { get; } = new();

    /// <summary>How many wait for their password to be checked.</summary>
    public int Waiting => _checks.Waiting + _checksOfProved.Waiting + _questions.Waiting;

    /// <summary>Tries it.</summary>
    /// <param name="name">User name, as it was sent.</param>
    /// <param name="password">Password, as it was sent.</param>
    /// <param name="context">Who sent it.</param>
    public async Task<LoginResult> Try(string name, string password, HttpContext context)
    {
        var cancel = context.RequestAborted;
        // Nothing is made of a name that cannot be one: it may be as long as a body.
        var holder = UserName.HolderOrNull(name);
        using var attempt = await guards.Passwords.Begin(context.Client(), holder, cancel);
        if (attempt is null)
            return TooMany();
        if (holder is null || password.Length > UserStore.MaxPasswordLength)
            return Wrong(attempt);
        var credential = users.CredentialOrNull(name);
        var directory =
            credential?.Hash is null
            && DirectoryOrNull() is { } asked
            && (credential is not null || !users.IsShielded(name))
                ? asked
                : null;
        var mark = _remembered.Mark(name, password, $"{credential?.Hash} {directory?.Number}");
        if (RememberedOrNull(attempt, mark) is { } known)
            return known;
        using var turn = await TurnsOf(attempt, directory).Wait(attempt.Rank, cancel);
        if (turn is null)
            return TooMany();
        // Many calls of one program come at once; the first of them was checked meanwhile.
        return RememberedOrNull(attempt, mark)
            ?? await Check(attempt, credential, directory, new Login(name, password, context.Address(), mark), cancel);
    }

    private async Task<LoginResult> Check(
        SecretAttempt attempt,
        UserStore.Credential? credential,
        LdapDirectory? directory,
        Login login,
        CancellationToken cancel
    )
    {
        try
        {
            var found = directory is null
                ? Local(attempt, credential, login.Password)
                : await OfDirectory(directory, credential?.User, login, cancel);
            if (found is null)
                return Wrong(attempt);
            attempt.Right();
            Counts.Add(LoginOutcome.Right);
            _remembered.Add(login.Mark, found.Name, directory is null ? s_remembered : s_rememberedOfDirectory);
            return new LoginResult(found);
        }
        catch (LdapException e)
        {
            if (guards.Passwords.MayLog())
                LogDirectory(e.Message);
            Counts.Add(LoginOutcome.DirectoryFailed);
            return new LoginResult(null, DirectoryFailed: true);
        }
    }

    private LoginResult? RememberedOrNull(SecretAttempt attempt, string mark)
    {
        if (
            _remembered.UserOrNull(attempt, mark) is not { } known
            || users.FindOrNull(known) is not { } user
            || !external.Counts(user, time.GetUtcNow())
        )
            return null;
        attempt.Right();
        return new LoginResult(user);
    }

    private LoginResult Wrong(SecretAttempt attempt)
    {
        attempt.Wrong();
        Counts.Add(LoginOutcome.Wrong);
        return new LoginResult(null);
    }

    private LoginResult TooMany()
    {
        Counts.Add(LoginOutcome.Throttled);
        return new LoginResult(null, TooMany: true);
    }

    /// <summary>Who had a right password from there before waits apart from strangers.</summary>
    private AdmissionQueue TurnsOf(SecretAttempt attempt, LdapDirectory? directory) =>
        directory is not null ? _questions
        : attempt.IsProved ? _checksOfProved
        : _checks;

    private User? Local(SecretAttempt attempt, UserStore.Credential? credential, string password) =>
        users.Verify(attempt, credential, password) ? credential!.User : null;

    private async Task<User?> OfDirectory(LdapDirectory directory, User? known, Login login, CancellationToken cancel)
    {
        var who = directory.IdentityOf(login.Name);
        // Who came in before the rule for names still does, by exactly that name.
        var isKnown = known is not null && (known.Identity == who.Key || known.Identity == who.FormerKey);
        return await directory.Login(login.Name, login.Password, cancel, isKnown) == LdapLogin.Done
            ? await Enter(who, login.Address)
            : null;
    }

    private Task<User> Enter(ExternalIdentity who, string address) => users.Enter(new Actor(who.Name, address), who);

    private LdapDirectory? DirectoryOrNull()
    {
        var directory = ldap.DirectoryOrNull(out var problem);
        if (problem is not null)
            LogSettings(problem);
        return directory;
    }

    /// <summary>A login that is being checked.</summary>
    private sealed record Login(string Name, string Password, string Address, string Mark);

    [LoggerMessage(Level = LogLevel.Error, Message = "LDAP directory unavailable: {Reason}")]
    private partial void LogDirectory(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "LDAP settings not loaded: {Reason}")]
    private partial void LogSettings(string reason);
}
