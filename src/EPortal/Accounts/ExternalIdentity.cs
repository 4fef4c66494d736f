namespace EPortal.Accounts;

/// <summary>A person confirmed by a directory or a sign-on provider.</summary>
/// <param name="Key">Who it is, for ever and whatever the name: <c>sso:ISSUER SUBJECT</c> or <c>ldap:NAME</c>.</param>
/// <param name="WantedName">Name to log in and be listed under, if it is free.</param>
/// <param name="Realm">Put behind the name when it is somebody else's: <c>NAME@REALM</c>.</param>
/// <param name="Description">Description of a new account.</param>
internal sealed record ExternalIdentity(string Key, string WantedName, string Realm, string Description)
{
    /// <summary>The key of accounts made by older versions, which compared names without case alone.</summary>
    public string FormerKey { get; init; } = Key;

    /// <summary>The settings under which it was confirmed, as <see cref="ExternalLogins.SettingsOf"/> has it.</summary>
    public string ConfirmedUnder { get; init; } = "";

    /// <summary>How identities of the directory begin.</summary>
    public const string LdapPrefix = "ldap:";

    /// <summary>
    /// The wanted name, or another one where that would pass for somebody of the user log who is no user.
    /// </summary>
    public string Name => UserStore.IsReserved(WantedName) ? $"{WantedName}@{Realm}" : WantedName;
}
