using EPortal.Data;

namespace EPortal.Accounts.Ldap;

/// <summary>What a login by the directory, or a test of it, goes through.</summary>
internal enum LdapStep
{
    /// <summary>The host name is looked up and the port reached.</summary>
    Connect,

    /// <summary>The server agrees to encrypt (StartTLS) and does so.</summary>
    Tls,

    /// <summary>The server's certificate is checked.</summary>
    Certificate,

    /// <summary>Name and password are tried.</summary>
    Bind,

    /// <summary>The filter is asked.</summary>
    Search,

    /// <summary>A user is looked up by the bind account.</summary>
    Lookup,
}

/// <summary>
/// The directory cannot be used: the message says in one sentence what failed, without anything secret.
/// </summary>
internal sealed class LdapException(LdapStep step, string message) : UserFacingException(message)
{
    /// <summary>Where it failed.</summary>
    public LdapStep Step { get; } = step;
}
