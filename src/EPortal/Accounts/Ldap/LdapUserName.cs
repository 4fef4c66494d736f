namespace EPortal.Accounts.Ldap;

/// <summary>Which names are tried at a directory.</summary>
internal static class LdapUserName
{
    /// <summary>
    /// Whether a name has one writing only, but for capitals, so that who is let in is who is meant. In a distinguished
    /// name it is escaped; in a name such as <c>%s@example.com</c> nothing is, so there it must be plain.
    /// </summary>
    /// <param name="template">Where the name is put in.</param>
    /// <param name="name">The name.</param>
    /// <param name="isKnown">Whether somebody of exactly that name came in by the directory before.</param>
    public static bool IsTried(string template, string name, bool isKnown = false) =>
        (isKnown || UserName.IsAllowed(name))
        && (template.Contains('=') || name.All(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-'));
}
