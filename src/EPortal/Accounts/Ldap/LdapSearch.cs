using EPortal.Data;

namespace EPortal.Accounts.Ldap;

/// <summary>How far below the base a search looks; the numbers are the protocol's (RFC 4511, 4.5.1.2).</summary>
internal enum LdapScope
{
    /// <summary>The base alone.</summary>
    Base = 0,

    /// <summary>One level below it.</summary>
    One = 1,

    /// <summary>The base and everything below.</summary>
    Sub = 2,
}

/// <summary>
/// Who may log in: those for whom the search finds something. <c>BASE??SCOPE?FILTER</c>, a part of RFC 4516's form.
/// </summary>
/// <param name="BaseTemplate">Where to search; <c>%s</c> is the name.</param>
/// <param name="Scope">How far.</param>
/// <param name="Filter">What to find.</param>
internal sealed record LdapSearch(string BaseTemplate, LdapScope Scope, LdapFilter Filter)
{
    private const int MaxBase = 1024;

    /// <summary>Reads one.</summary>
    /// <exception cref="RefusedException">It is none.</exception>
    public static LdapSearch Parse(string text)
    {
        // A filter may hold question marks of its own.
        if (text.Split('?', 4) is not [var searchBase, "", var scope, var filter])
            throw new RefusedException(
                Refusal.Invalid,
                "invalid LDAP filter: use BASE??SCOPE?FILTER, such as dc=example,dc=com??sub?(uid=%s)"
            );
        if (searchBase.Length > MaxBase || searchBase.Any(char.IsControl))
            throw new RefusedException(
                Refusal.Invalid,
                $"the base of an LDAP filter must be one line of at most {MaxBase} characters"
            );
        return new LdapSearch(searchBase, ScopeOf(scope), LdapFilterText.Read(filter));
    }

    private static LdapScope ScopeOf(string text) =>
        text switch
        {
            "" or "base" => LdapScope.Base,
            "one" => LdapScope.One,
            "sub" => LdapScope.Sub,
            _ => throw new RefusedException(
                Refusal.Invalid,
                $"invalid scope '{text}' of an LDAP filter: use base, one or sub"
            ),
        };
}
