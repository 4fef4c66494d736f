using Dapper;
using EPortal.Accounts.Ldap;
using EPortal.Accounts.Sso;
using EPortal.Data;

namespace EPortal.Accounts;

/// <summary>The last login of a user confirmed by an external system.</summary>
internal sealed class ExternalLogin
{
    /// <summary>Name as it was typed, or the provider said it.</summary>
    public required string Name { get; init; }

    /// <summary>Which directory or provider it was, as <see cref="ExternalLogins.SettingsOf"/> has it.</summary>
    public required string Settings { get; init; }

    /// <summary>When it was; Unix microseconds.</summary>
    public required long Login { get; init; }

    /// <summary>When the other system last said that the user may log in; Unix microseconds.</summary>
    public required long Confirmed { get; init; }
}

/// <summary>
/// How long a login by a directory or a sign-on provider counts, for sessions and API keys alike: as long as that
/// system is set, and the same as at the login. Where it cannot be asked again (<see cref="DirectoryRecheck"/>), for a
/// bounded time.
/// </summary>
/// <param name="database">The store.</param>
/// <param name="ldap">The directory.</param>
/// <param name="sso">The sign-on provider.</param>
/// <param name="lifetime">How long a login counts where nobody can be asked again.</param>
internal sealed class ExternalLogins(Database database, LdapStore ldap, SsoOptions sso, TimeSpan lifetime)
{
    /// <summary>
    /// The last login of an account; null for none, or when the other system said since that the user may not.
    /// </summary>
    public ExternalLogin? FindOrNull(string accountId) =>
        database.Read(session =>
            session.Connection.QueryFirstOrDefault<ExternalLogin>(
                "SELECT name, settings, login, confirmed FROM external_login WHERE account = @accountId",
                new { accountId }
            )
        );

    /// <summary>
    /// A text that identifies the directory or provider that confirms the identity now; null when it is switched off.
    /// </summary>
    public string? SettingsOf(string identity) =>
        IsOfDirectory(identity) ? ldap.DirectoryOrNull(out _)?.Fingerprint
        : sso.IsOn ? sso.Fingerprint
        : null;

    /// <summary>
    /// When a login of that time ends for want of anybody to ask again; null when the directory is asked.
    /// </summary>
    public DateTimeOffset? EndOf(string identity, DateTimeOffset login) =>
        IsOfDirectory(identity) && ldap.DirectoryOrNull(out _) is { CanLookUp: true } ? null : login + lifetime;

    /// <summary>Whether a login still counts, as far as that can be said without asking.</summary>
    /// <param name="identity">Who it is; null for a local user, of whom nobody has to be asked.</param>
    /// <param name="settings">The settings that it was made under; null when it is not known.</param>
    /// <param name="login">When it was made.</param>
    /// <param name="now">The time.</param>
    public bool Counts(string? identity, string? settings, DateTimeOffset login, DateTimeOffset now) =>
        identity is null
        || (
            settings is not null
            && settings == SettingsOf(identity)
            && (EndOf(identity, login) is not { } end || now < end)
        );

    /// <summary>Whether the API keys of a user count, whose last login was long ago perhaps.</summary>
    public bool Counts(User user, DateTimeOffset now) =>
        user.IsLocal
        || (
            FindOrNull(user.Id) is { } last && Counts(user.Identity, last.Settings, UnixMicros.ToTime(last.Login), now)
        );

    /// <summary>Notes a login within the change that lets the user in.</summary>
    public static void NoteLogin(Change change, string accountId, ExternalIdentity who)
    {
        change.Session.Execute(
            """
            INSERT INTO external_login (account, name, settings, login, confirmed) VALUES (@account, @name, @settings, @now, @now)
            ON CONFLICT (account) DO UPDATE SET name = excluded.name, settings = excluded.settings, login = excluded.login, confirmed = excluded.confirmed
            """,
            ("@account", accountId),
            ("@name", who.WantedName),
            ("@settings", who.ConfirmedUnder),
            ("@now", UnixMicros.Of(change.Now))
        );
        change.Session.Execute("DELETE FROM external_login WHERE account NOT IN (SELECT id FROM account)");
    }

    private static bool IsOfDirectory(string identity) =>
        identity.StartsWith(ExternalIdentity.LdapPrefix, StringComparison.Ordinal);
}
