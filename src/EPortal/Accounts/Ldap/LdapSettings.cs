using EPortal.Data;

namespace EPortal.Accounts.Ldap;

/// <summary>The directory as an administrator wrote it; it is set at run time.</summary>
/// <param name="Url">Address, in the form of <see cref="LdapUrl"/>.</param>
/// <param name="Dn">Name to bind with; <c>%s</c> stands for the user's name.</param>
/// <param name="Filter">Who may log in, in the form of <see cref="LdapSearch"/>; null for all who can bind.</param>
/// <param name="Ca">The certificate authority of the server in PEM; null for those this machine trusts.</param>
internal sealed record LdapSettings(string Url, string Dn, string? Filter = null, string? Ca = null)
{
    private const int MaxDn = 1024;

    /// <summary>Reads and checks all of it.</summary>
    /// <exception cref="RefusedException">Something is malformed.</exception>
    public LdapDirectory Open(TimeProvider time)
    {
        if (Dn.Length is 0 or > MaxDn || !Dn.Contains(DnTemplate.Placeholder, StringComparison.Ordinal) || Dn.Any(char.IsControl))
            throw new RefusedException(Refusal.Invalid, $"The connection string needs {DnTemplate.Placeholder} where the user's name goes, such as uid=%s,dc=example,dc=com.");
        return new LdapDirectory(LdapUrl.Parse(Url), Dn, Filter is null ? null : LdapSearch.Parse(Filter), LdapCertificates.Authorities(Ca), time);
    }
}
