using System.Text;

namespace EPortal.Hosting;

/// <summary>The table of all settings as <c>docs/settings.md</c> shows it, in Markdown.</summary>
internal static class SettingsDocument
{
    public static string Table()
    {
        var text = new StringBuilder("| name | default | allowed | meaning |\n| --- | --- | --- | --- |\n");
        foreach (var setting in SettingsTable.All)
        {
            text.Append("| `")
                .Append(setting.Name)
                .Append("` | `")
                .Append(setting.Default)
                .Append("` | ")
                .Append(setting.Allowed.Replace("'*", "'\\*", StringComparison.Ordinal))
                .Append(" | ")
                .Append(setting.Description)
                .Append(SettingsTable.WithoutEffect.Contains(setting.Name) ? " Has no effect. |\n" : " |\n");
        }

        return text.ToString();
    }
}
