using System.Text;
using EPortal.Format;

namespace EPortal.AgentClient;

/// <summary>Text from the other side, made safe for a terminal or a log.</summary>
public static class SafeText
{
    private const int MaxLength = 300;

    /// <summary>
    /// One line without control, invisible and rare characters, cut after <paramref name="max"/> characters.
    /// </summary>
    public static string Line(string text, int max = MaxLength)
    {
        var cut = text.Length > max ? text[..max] : text;
        return string.Concat(
                cut.EnumerateRunes()
                    .Select(rune =>
                        rune.Value > 0xFFFF || rune == Rune.ReplacementChar || VisibleText.IsHidden(rune)
                            ? " "
                            : rune.ToString()
                    )
            )
            .Trim();
    }
}
