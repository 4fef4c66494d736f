using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using EPortal.Data;

namespace EPortal.Accounts.Ldap;

/// <summary>The directory as an administrator wrote it; it is set at run time.</summary>
/// <param name="Url">Address, in the form of <see cref="LdapUrl"/>.</param>
/// <param name="Dn">Name to bind with; <c>%s</c> stands for the user's name.</param>
/// <param name="Filter">Who may log in, in the form of <see cref="LdapSearch"/>; null for all who can bind.</param>
/// <param name="Ca">The certificate authority of the server in PEM; null for those this machine trusts.</param>
/// <param name="Account">By whom users are looked up later; null for nobody. Never told as a whole.</param>
internal sealed record LdapSettings(
    string Url,
    string Dn,
    string? Filter = null,
    string? Ca = null,
    [property: JsonIgnore] LdapBindAccount? Account = null
)
{
    private const int MaxDn = 1024;

    /// <summary>Name of the bind account.</summary>
    public string? BindDn => Account?.Dn;

    /// <summary>How the bind account looks a user up; null for the entry that the connection string names.</summary>
    public string? UserSearch => Account?.Search;

    /// <summary>Nothing yet, for what is set from the beginning.</summary>
    public static readonly LdapSettings Empty = new("", "");

    /// <summary>
    /// These with what is named: null leaves a value as it is, an empty filter or authority takes it away.
    /// </summary>
    public LdapSettings With(string? url, string? dn, string? filter, string? ca) =>
        this with
        {
            Url = url ?? Url,
            Dn = dn ?? Dn,
            Filter = Some(filter ?? Filter),
            Ca = Some(ca ?? Ca),
        };

    /// <summary>
    /// These with a bind account: null leaves a value as it is, an empty name takes the account away.
    /// </summary>
    /// <param name="dn">Name of the account.</param>
    /// <param name="password">Its password; null for the one that is set, as long as it goes to the same place.</param>
    /// <param name="search">How it finds a user.</param>
    /// <param name="known">What is set.</param>
    /// <exception cref="RefusedException">The password must be given, or something goes with an account
    /// only.</exception>
    public LdapSettings WithAccount(string? dn, string? password, string? search, LdapSettings? known) =>
        this with
        {
            Account = LdapBindAccount.Read(
                dn ?? BindDn,
                password,
                search ?? (dn is "" ? null : UserSearch),
                Url,
                known
            ),
        };

    /// <summary>The fields of what is set, as stored or as typed; all empty for no directory.</summary>
    public static StoredFields FieldsOf(
        string id,
        string? url,
        string? dn,
        string? filter,
        string? ca,
        string? bindDn,
        string? userSearch
    ) =>
        new(id)
        {
            { "url", "URL", url },
            { "dn", "Connection string", dn },
            { "filter", "Filter", filter },
            { "ca", "CA certificate", ca },
            { "bind_dn", "Bind account", bindDn },
            { "user_search", "User search", userSearch },
        };

    private static string? Some(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>Reads and checks all of it.</summary>
    /// <exception cref="RefusedException">Something is malformed.</exception>
    public LdapDirectory Open(TimeProvider time)
    {
        if (
            Dn.Length is 0 or > MaxDn
            || !Dn.Contains(DnTemplate.Placeholder, StringComparison.Ordinal)
            || Dn.Any(char.IsControl)
        )
            throw new RefusedException(
                Refusal.Invalid,
                $"the connection string needs {DnTemplate.Placeholder} in place of the user name, such as uid=%s,dc=example,dc=com"
            );
        var url = LdapUrl.Parse(Url);
        return new LdapDirectory(
            url,
            Dn,
            Filter is null ? null : LdapSearch.Parse(Filter),
            LdapCertificates.Authorities(Ca),
            time
        )
        {
            Account = Account?.Open(Dn),
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{url}\n{Dn}\n{Filter}")))[
                ..16
            ],
        };
    }
}
