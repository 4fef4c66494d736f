using System.Globalization;

namespace EPortal.Accounts.Ldap;

/// <summary>Which names are tried at a directory.</summary>
internal static class LdapUserName
{
    /// <summary>
    /// Letters that stand for others (RFC 4518, 2.3): ligatures, letters of another width, letter-like signs, presentation forms.
    /// Servers take them for those; this program, which has no tables of Unicode with it, does not.
    /// </summary>
    private static readonly (char First, char Last)[] s_variants =
    [
        ('\u0132', '\u0133'), ('\u013F', '\u0140'), ('\u0149', '\u0149'), ('\u017F', '\u017F'), ('\u01C4', '\u01CC'), ('\u01F1', '\u01F3'),
        ('\u1E9A', '\u1E9B'), ('\u2100', '\u214F'), ('\u3130', '\u318F'), ('\uF900', '\uFDFF'), ('\uFE70', '\uFFFF'),
    ];

    /// <summary>
    /// Whether a name has one writing only, but for capitals, so that who is let in is who is meant. In a distinguished name it is
    /// escaped; in a name such as <c>%s@example.com</c> nothing is, so there it must be plain.
    /// </summary>
    public static bool IsTried(string template, string name) => UserStore.IsName(name) && name.All(HasOneWriting)
        && (template.Contains('=') || name.All(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-'));

    private static bool HasOneWriting(char c) => char.IsAscii(c)
        || (char.GetUnicodeCategory(c) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter
                or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.DashPunctuation or UnicodeCategory.OtherPunctuation
            && !s_variants.Any(range => c >= range.First && c <= range.Last));
}
