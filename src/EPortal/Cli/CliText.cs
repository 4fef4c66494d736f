using System.Globalization;
using EPortal.Format;

namespace EPortal.Cli;

/// <summary>Makes text from elsewhere harmless for a terminal: it shows, but does nothing.</summary>
internal static class CliText
{
    /// <summary>
    /// The text on one line; what would steer a terminal, reorder the line or show nothing is spelt out.
    /// </summary>
    public static string Safe(string text) => VisibleText.Of(text);

    /// <summary>The same, with the line breaks kept.</summary>
    public static string SafeLines(string text) => VisibleText.Of(text, keepLines: true);

    /// <summary>
    /// A number of bytes in the largest binary unit (IEC 80000-13) that leaves something before the point.
    /// </summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }
}
