using System.Security.Cryptography;
using System.Text;

namespace EPortal.Hosting.Nginx;

/// <summary>A configuration file in which the portal's lines stand between two marks.</summary>
/// <param name="Text">The whole file as it should be.</param>
/// <param name="LosesLines">Whether lines that somebody wrote are not in it.</param>
internal sealed record NginxFile(string Text, bool LosesLines)
{
    private const string Begin = "# eportal: begin ";
    private const string End = "# eportal: end";
    private const string Indent = "    ";
    private const string Include = "include eportal.";

    private const string Head =
        "# Made by `kc.eportal sync-nginx-conf`: it rewrites what is between the marks and keeps all other lines.";

    /// <summary>Puts the lines into a file.</summary>
    /// <param name="lines">The portal's lines, inside of a <c>server</c> block.</param>
    /// <param name="existing">The file as it is; null where there is none.</param>
    public static NginxFile Put(IReadOnlyList<string> lines, string? existing)
    {
        var marked = Marked(lines);
        if (existing is null)
            return new NginxFile(Whole([], marked), LosesLines: false);
        var old = existing.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        var begin = Array.FindIndex(old, line => line.TrimStart().StartsWith(Begin, StringComparison.Ordinal));
        var end = Array.FindIndex(old, line => line.Trim() == End);
        if (begin < 0 || end < begin)
            return new NginxFile(Whole(Includes(old), marked), LosesLines: true);
        var wasChanged = old[begin].Trim()[Begin.Length..] != Sum(old[(begin + 1)..end]);
        return new NginxFile(Join([.. old[..begin], .. marked, .. old[(end + 1)..]]), wasChanged);
    }

    /// <summary>
    /// The third line is the first inside of the block: there the documented <c>sed -e '3iinclude …'</c> puts its own.
    /// </summary>
    private static string Whole(IEnumerable<string> first, IEnumerable<string> marked) =>
        Join([Head, "server {", .. first, .. marked, "}"]);

    /// <summary>Of a file of somebody else's making only the includes that the portal's own pages name.</summary>
    private static IEnumerable<string> Includes(IEnumerable<string> lines) =>
        lines
            .Select(line => line.Trim())
            .Where(line => line.StartsWith(Include, StringComparison.Ordinal) && line.EndsWith(';'))
            .Distinct()
            .Select(line => Indent + line);

    private static string[] Marked(IReadOnlyList<string> lines)
    {
        string[] indented = [.. lines.Select(line => line.Length == 0 ? "" : Indent + line)];
        return [$"{Indent}{Begin}{Sum(indented)}", .. indented, Indent + End];
    }

    /// <summary>Tells whether somebody changed the lines.</summary>
    private static string Sum(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))))[..16];

    private static string Join(IEnumerable<string> lines) => string.Join('\n', lines) + "\n";
}
