using System.Globalization;
using System.Text;

namespace EPortal.Format;

/// <summary>
/// Makes text from outside fully visible: characters that control a terminal, change the direction of a line, or are
/// invisible are escaped. Works on whole Unicode characters, those beyond the first 65,536 included.
/// </summary>
public static class VisibleText
{
    // Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties.txt), but for those of category Cf, and the
    // blank Braille pattern.
    private static readonly (int First, int Last)[] s_blank =
    [
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2065, 0x2065),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFF8),
        (0xE0000, 0xE0FFF),
    ];

    /// <summary>Whether a character shows nothing, or changes how others show.</summary>
    public static bool IsHidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse
        || s_blank.Any(range => rune.Value >= range.First && rune.Value <= range.Last);

    /// <summary>The text with hidden characters as <c>\x1b</c>, <c>\u202e</c>, <c>\U000e0041</c>.</summary>
    /// <param name="text">Any text; halves of characters in it are spelt out as well.</param>
    /// <param name="keepLines">Whether line feeds stay.</param>
    public static string Of(string text, bool keepLines = false)
    {
        if (IsPlain(text))
            return text;
        var clean = new StringBuilder(text.Length + 16);
        var at = 0;
        while (at < text.Length)
        {
            var whole = Rune.TryGetRuneAt(text, at, out var rune);
            if (whole && ((keepLines && rune.Value == '\n') || !IsHidden(rune)))
                clean.Append(rune.ToString());
            else
                SpellOut(clean, whole ? rune.Value : text[at]);
            at += whole ? rune.Utf16SequenceLength : 1;
        }

        return clean.ToString();
    }

    /// <summary>Most texts are; they need no lookup of categories.</summary>
    private static bool IsPlain(string text) => text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;

    private static void SpellOut(StringBuilder to, int value) =>
        to.Append(
            value switch
            {
                <= 0xFF => string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
                <= 0xFFFF => string.Create(CultureInfo.InvariantCulture, $"\\u{value:x4}"),
                _ => string.Create(CultureInfo.InvariantCulture, $"\\U{value:x8}"),
            }
        );
}
