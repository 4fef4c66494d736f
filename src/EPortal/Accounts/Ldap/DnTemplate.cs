using System.Text;

namespace EPortal.Accounts.Ldap;

/// <summary>Replaces <c>%s</c> with a name, escaped.</summary>
internal static class DnTemplate
{
    /// <summary>What stands for the name.</summary>
    public const string Placeholder = "%s";

    /// <summary>
    /// The name to bind with. In a distinguished name the user's name is escaped (RFC 4514, 2.4); a template without
    /// <c>=</c>, such as <c>%s@example.com</c>, takes it as it is.
    /// </summary>
    public static string Fill(string template, string name) =>
        template.Replace(Placeholder, template.Contains('=') ? Escape(name) : name, StringComparison.Ordinal);

    /// <summary>A value within a distinguished name.</summary>
    public static string Escape(string value)
    {
        var text = new StringBuilder(value.Length);
        for (var at = 0; at < value.Length; at++)
        {
            var c = value[at];
            var isEnd = at == 0 || at == value.Length - 1;
            if (c == '\0')
                text.Append(@"\00");
            else if (
                c is '"' or '+' or ',' or ';' or '<' or '>' or '\\' or '='
                || (c == ' ' && isEnd)
                || (c == '#' && at == 0)
            )
                text.Append('\\').Append(c);
            else
                text.Append(c);
        }

        return text.ToString();
    }
}
