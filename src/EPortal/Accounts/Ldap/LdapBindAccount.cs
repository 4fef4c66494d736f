using EPortal.Data;

namespace EPortal.Accounts.Ldap;

/// <summary>An account of the directory's by which this portal may look users up after their login.</summary>
/// <param name="Dn">Its name.</param>
/// <param name="Password">Its password.</param>
/// <param name="Search">How it finds a user, in the form of <see cref="LdapSearch"/>; null for the entry that the
/// connection string names.</param>
internal sealed record LdapBindAccount(string Dn, string Password, string? Search)
{
    private const int MaxText = 1024;

    /// <summary>
    /// An account as somebody wrote it; a password that is left out stays, as long as it goes to the same place.
    /// </summary>
    /// <param name="dn">Its name; null or empty for no account.</param>
    /// <param name="password">Its password; null or empty for the one known.</param>
    /// <param name="search">How it finds a user; null or empty for the default.</param>
    /// <param name="url">Where it will be used.</param>
    /// <param name="known">What is set.</param>
    /// <exception cref="RefusedException">The password must be given, or something goes with an account
    /// only.</exception>
    public static LdapBindAccount? Read(string? dn, string? password, string? search, string url, LdapSettings? known)
    {
        if (string.IsNullOrEmpty(dn))
        {
            return string.IsNullOrEmpty(password) && string.IsNullOrEmpty(search)
                ? null
                : throw new RefusedException(
                    Refusal.Invalid,
                    "bind password and user search require the name of a bind account"
                );
        }

        var kept = known?.Account is { } account && account.Dn == dn && known.Url == url ? account.Password : null;
        var given = string.IsNullOrEmpty(password) ? kept : password;
        return new LdapBindAccount(
            dn,
            given
                ?? throw new RefusedException(
                    Refusal.Invalid,
                    "enter the password of the bind account: none is stored for this name and address"
                ),
            string.IsNullOrEmpty(search) ? null : search
        );
    }

    /// <summary>Checks it; returns it with what it searches.</summary>
    /// <param name="template">The connection string.</param>
    /// <exception cref="RefusedException">Something is malformed.</exception>
    public LdapLookup Open(string template)
    {
        if (Dn.Length > MaxText || Dn.Any(char.IsControl) || Password.Length > MaxText)
            throw new RefusedException(
                Refusal.Invalid,
                $"name and password of the bind account must have at most {MaxText} characters"
            );
        if (Search is null && !template.Contains('='))
            throw new RefusedException(
                Refusal.Invalid,
                "with this connection string the bind account requires a user search, such as dc=example,dc=com??sub?(sAMAccountName=%s)"
            );
        return new LdapLookup(
            this,
            Search is null
                ? new LdapSearch(template, LdapScope.Base, LdapFilterText.Read("(objectClass=*)"))
                : LdapSearch.Parse(Search)
        );
    }

    /// <summary>Without the password, for logs.</summary>
    public override string ToString() => Dn;
}

/// <summary>How a user is looked up.</summary>
/// <param name="Account">By whom.</param>
/// <param name="Search">What is searched.</param>
internal sealed record LdapLookup(LdapBindAccount Account, LdapSearch Search);
