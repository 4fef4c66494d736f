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

    /// <summary>Nothing yet, for what is set from the beginning.</summary>
    public static readonly LdapSettings Empty = new("", "");

    /// <summary>These with what is named: null leaves a value as it is, an empty filter or authority takes it away.</summary>
    public LdapSettings With(string? url, string? dn, string? filter, string? ca) => new(url ?? Url, dn ?? Dn, Some(filter ?? Filter), Some(ca ?? Ca));

    /// <summary>The fields of what is set, as stored or as typed; all empty for no directory.</summary>
    public static StoredFields FieldsOf(string id, string? url, string? dn, string? filter, string? ca) => new(id)
    {
        { "url", "URL", url },
        { "dn", "Connection string", dn },
        { "filter", "Filter", filter },
        { "ca", "CA certificate", ca },
    };

    private static string? Some(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>Reads and checks all of it.</summary>
    /// <exception cref="RefusedException">Something is malformed.</exception>
    public LdapDirectory Open(TimeProvider time)
    {
        if (Dn.Length is 0 or > MaxDn || !Dn.Contains(DnTemplate.Placeholder, StringComparison.Ordinal) || Dn.Any(char.IsControl))
            throw new RefusedException(Refusal.Invalid, $"The connection string needs {DnTemplate.Placeholder} where the user's name goes, such as uid=%s,dc=example,dc=com.");
        return new LdapDirectory(LdapUrl.Parse(Url), Dn, Filter is null ? null : LdapSearch.Parse(Filter), LdapCertificates.Authorities(Ca), time);
    }
}
