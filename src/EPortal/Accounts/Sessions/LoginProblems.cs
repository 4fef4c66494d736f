namespace EPortal.Accounts.Sessions;

/// <summary>What the login page may say went wrong: by a code, so that no address can put words on the page.</summary>
internal static class LoginProblems
{
    /// <summary>Unknown user or wrong password, in the same words.</summary>
    public const string Wrong = "wrong";

    /// <summary>Guessing was slowed down.</summary>
    public const string TooMany = "too-many";

    /// <summary>The directory is away.</summary>
    public const string DirectoryFailed = "directory";

    /// <summary>The provider says that the user refused, or may not.</summary>
    public const string SsoDenied = "sso-denied";

    /// <summary>The provider cannot be reached or answers nonsense.</summary>
    public const string SsoUnavailable = "sso-unavailable";

    /// <summary>What came back does not belong to a login that began here.</summary>
    public const string SsoInvalid = "sso-invalid";

    /// <summary>
    /// The provider says who it is in a way that cannot be used: no subject, one that is too long, control characters.
    /// </summary>
    public const string SsoSubject = "sso-subject";

    /// <summary>The name at the provider cannot be one here.</summary>
    public const string SsoName = "sso-name";

    /// <summary>A session has ended.</summary>
    public const string Ended = "ended";

    /// <summary>The sentence of a code; null for an unknown one.</summary>
    public static string? SentenceOrNull(string? code) =>
        code switch
        {
            Wrong => "Wrong user name or password.",
            TooMany => "Too many wrong logins; try again in a moment.",
            DirectoryFailed => "LDAP directory unavailable; try again, or log in as a local user.",
            SsoDenied => "The sign-on was refused.",
            SsoUnavailable => "The sign-on provider is unavailable or its answer was invalid.",
            SsoInvalid => "The sign-on was not started here, was already used or has expired; try again.",
            SsoSubject => "The sign-on provider sent no valid user id; contact its administrator.",
            SsoName =>
                "Your user name at the sign-on provider is not allowed here: it has invisible characters, look-alikes or mixed scripts. Ask its administrator to change it.",
            Ended => "Your session has ended. Log in again to continue.",
            _ => null,
        };
}
