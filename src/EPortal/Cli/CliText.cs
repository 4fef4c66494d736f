using System.Globalization;
using System.Text;

namespace EPortal.Cli;

/// <summary>Makes text from elsewhere harmless for a terminal: it shows, but does nothing.</summary>
internal static class CliText
{
    /// <summary>The text on one line; what would steer a terminal or reorder the line is spelt out.</summary>
    public static string Safe(string text) => Clean(text, keepLines: false);

    /// <summary>The same, with the line breaks kept.</summary>
    public static string SafeLines(string text) => Clean(text, keepLines: true);

    /// <summary>A number of bytes in the largest binary unit (IEC 80000-13) that leaves something before the point.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }

    private static string Clean(string text, bool keepLines)
    {
        if (!text.Any(Steers))
            return text;
        var clean = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (c == '\n' && keepLines || !Steers(c))
                clean.Append(c);
            else if (c <= 0xFF)
                clean.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else
                clean.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return clean.ToString();
    }

    private static bool Steers(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
