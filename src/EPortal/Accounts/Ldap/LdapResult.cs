namespace EPortal.Accounts.Ldap;

/// <summary>How the server says an operation ended.</summary>
/// <param name="Code">Result code (RFC 4511, appendix A).</param>
/// <param name="Message">Its words; untrusted.</param>
internal sealed record LdapResult(int Code, string Message)
{
    /// <summary>It worked.</summary>
    public const int Success = 0;

    /// <summary>There is more than was asked for.</summary>
    public const int SizeLimitExceeded = 4;

    /// <summary>Another server should be asked.</summary>
    public const int Referral = 10;

    /// <summary>The connection must be encrypted first.</summary>
    public const int ConfidentialityRequired = 13;

    /// <summary>There is no such entry.</summary>
    public const int NoSuchObject = 32;

    /// <summary>The name to bind with is no distinguished name.</summary>
    public const int InvalidDn = 34;

    /// <summary>The account may not bind with a password.</summary>
    public const int InappropriateAuthentication = 48;

    /// <summary>Wrong name or password.</summary>
    public const int InvalidCredentials = 49;

    /// <summary>The server does not want to.</summary>
    public const int UnwillingToPerform = 53;

    private const int MaxShown = 200;

    /// <summary>For messages: the code and the words, bounded and on one line.</summary>
    public override string ToString()
    {
        var words = new string([.. Message.Where(c => !char.IsControl(c)).Take(MaxShown)]);
        return words.Length == 0 ? $"result {Code}" : $"result {Code}: {words}";
    }
}
