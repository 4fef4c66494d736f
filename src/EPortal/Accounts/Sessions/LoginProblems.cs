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

    /// <summary>The provider says who it is in a way that cannot be used: no subject, one that is too long, control characters.</summary>
    public const string SsoSubject = "sso-subject";

    /// <summary>The name at the provider cannot be one here.</summary>
    public const string SsoName = "sso-name";

    /// <summary>A session has ended.</summary>
    public const string Ended = "ended";

    /// <summary>The sentence of a code; null for an unknown one.</summary>
    public static string? SentenceOrNull(string? code) => code switch
    {
        Wrong => "The user name or password is wrong.",
        TooMany => "Too many wrong logins; try again in a moment.",
        DirectoryFailed => "The directory cannot be asked who you are; try again, or log in as a local user.",
        SsoDenied => "The sign-on was refused.",
        SsoUnavailable => "The sign-on provider cannot be reached or gave no usable answer.",
        SsoInvalid => "The sign-on did not begin here, was used already or took too long; try again.",
        SsoSubject => "The sign-on provider did not say who you are in a way that can be used here; its administrator has to look at it.",
        SsoName => "Your user name at the sign-on provider cannot be one here: it holds characters that are not seen, stand for others or mix scripts. Have it changed there.",
        Ended => "Your session has ended. Log in again to go on.",
        _ => null,
    };
}
