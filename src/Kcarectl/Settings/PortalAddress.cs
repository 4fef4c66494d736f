using System.Text;

namespace Kcarectl.Settings;

/// <summary>Addresses of a portal, and how to write them into <c>kcare.conf</c>.</summary>
internal static class PortalAddress
{
    public static Uri? ParseOrNull(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri is { UserInfo: "", Query: "", Fragment: "", Host.Length: > 0 }
            ? uri
            : null;

    /// <summary>Points both settings at a portal; every other line stays as it is.</summary>
    public static void Store(AgentPaths paths, Uri portal)
    {
        var start = portal.AbsoluteUri.TrimEnd('/');
        var wanted = new Dictionary<string, string>
        {
            ["PATCH_SERVER"] = start + "/",
            ["REGISTRATION_URL"] = start + "/admin/api/kcare",
        };
        var text = new StringBuilder();
        var lines = File.Exists(paths.SettingsFile) ? File.ReadAllLines(paths.SettingsFile) : ["AUTO_UPDATE=True"];
        foreach (var line in lines)
        {
            var name = SettingLine.Parse(line)?.Name;
            if (name is null || name is not ("PATCH_SERVER" or "REGISTRATION_URL"))
                text.Append(line).Append('\n');
            else if (wanted.Remove(name, out var value))
                text.Append(name).Append('=').Append(value).Append('\n');
        }
        foreach (var (name, value) in wanted)
            text.Append(name).Append('=').Append(value).Append('\n');
        AtomicFile.Write(paths.SettingsFile, text.ToString(), AgentPaths.PublicFile);
    }
}
