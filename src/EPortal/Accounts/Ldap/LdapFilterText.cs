using EPortal.Data;
using Superpower;
using Superpower.Parsers;

namespace EPortal.Accounts.Ldap;

/// <summary>The grammar of search filters (RFC 4515, section 3).</summary>
internal static class LdapFilterText
{
    private const int MaxLength = 1024;

    private static readonly TextParser<string> s_attribute = Character
        .Matching(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or ';', "an attribute")
        .AtLeastOnce()
        .Select(chars => new string(chars));

    private static readonly TextParser<string> s_piece = Character
        .EqualTo('\\')
        .IgnoreThen(Character.HexDigit.Repeat(2))
        .Select(hex => $"\\{new string(hex)}")
        .Or(Character.ExceptIn('(', ')', '\\', '\0').Select(c => c.ToString()));

    private static readonly TextParser<string> s_value = s_piece.Many().Select(string.Concat);

    private static readonly TextParser<LdapFilter> s_compare =
        from attribute in s_attribute
        from kind in Span.EqualTo(">=").Or(Span.EqualTo("<=")).Or(Span.EqualTo("~=")).Or(Span.EqualTo("="))
        from value in s_value
        select (LdapFilter)new LdapFilter.Compare(attribute, kind.ToStringValue()[0], value);

    private static readonly TextParser<LdapFilter> s_extensible =
        from attribute in s_attribute.OptionalOrDefault("")
        from ofDn in Span.EqualTo(":dn").Try().Select(_ => true).OptionalOrDefault()
        from rule in Character.EqualTo(':').IgnoreThen(s_attribute).Try().OptionalOrDefault("")
        from sign in Span.EqualTo(":=")
        from value in s_value
        where attribute.Length > 0 || rule.Length > 0
        select (LdapFilter)new LdapFilter.Extensible(Given(attribute), ofDn, Given(rule), value);

    private static readonly TextParser<LdapFilter> s_filter =
        from open in Character.EqualTo('(')
        from filter in Parse.Ref(() => s_inner!)
        from close in Character.EqualTo(')')
        select filter;

    private static readonly TextParser<LdapFilter> s_inner = Character
        .In('&', '|')
        .Then(kind => s_filter.AtLeastOnce().Select(parts => (LdapFilter)new LdapFilter.Group(kind == '&', parts)))
        .Or(Character.EqualTo('!').IgnoreThen(s_filter).Select(part => (LdapFilter)new LdapFilter.Not(part)))
        .Or(s_compare.Try())
        .Or(s_extensible);

    /// <summary>Reads one.</summary>
    /// <exception cref="RefusedException">It is none; the message says where it goes wrong.</exception>
    public static LdapFilter Read(string text)
    {
        if (text.Length > MaxLength)
            throw new RefusedException(Refusal.Invalid, $"an LDAP filter must have at most {MaxLength} characters");
        var result = s_filter.AtEnd().TryParse(text);
        return result.HasValue
            ? result.Value
            : throw new RefusedException(
                Refusal.Invalid,
                $"invalid LDAP filter at character {result.ErrorPosition.Absolute + 1}"
            );
    }

    private static string? Given(string text) => text.Length == 0 ? null : text;
}
