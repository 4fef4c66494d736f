using System.Text;
using EPortal.Cli;

namespace EPortal.Hosting;

/// <summary>A settings file with every setting and its default, commented out: what packages install.</summary>
internal static class SettingsExample
{
    private const int Width = 100;

    private const string Heading =
        "Settings of the portal. A line without # in front of it is in force after: systemctl restart eportal. "
        + "Check it before with: kc.eportal config check. Values are written as in Python; times are in seconds, sizes in bytes.";

    /// <summary>The file, ended by a line break.</summary>
    public static string Text()
    {
        var text = new StringBuilder();
        Comment(text, Heading);
        foreach (var definition in SettingsTable.All.Where(d => !SettingsTable.WithoutEffect.Contains(d.Name)))
        {
            text.Append('\n');
            Comment(text, definition.Description.Replace("`", "", StringComparison.Ordinal));
            text.Append('#').Append(definition.Name).Append(" = ").Append(definition.Default).Append('\n');
        }

        return text.ToString();
    }

    private static void Comment(StringBuilder text, string sentence)
    {
        foreach (var line in CliHelp.Wrap(sentence, Width))
            text.Append("# ").Append(line).Append('\n');
    }
}
