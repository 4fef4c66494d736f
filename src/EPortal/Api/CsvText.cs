using System.Globalization;
using System.Text;

namespace EPortal.Api;

/// <summary>
/// Comma-separated values (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front, for
/// hosts choose their names themselves. A spreadsheet may split a line at other characters than commas, whatever quotes
/// say, so that is done behind each of those.
/// </summary>
internal static class CsvText
{
    // The last are wider and smaller forms that sheets take for the same (Unicode, NFKC), and the sign for minus.
    private const string Formula =
        "=+-@\t\r\uFF1D\uFF0B\uFF0D\uFF20\uFE66\uFE62\uFE63\uFE6B\u207A\u207B\u207C\u208A\u208B\u208C\u2212";

    /// <summary>Where a spreadsheet may begin a cell; a comma does so only outside of quotes.</summary>
    private const string Delimiters = ";|\t\r\n";

    /// <summary>One line, with its end.</summary>
    public static string Line(params IEnumerable<string> values) => string.Join(',', values.Select(Value)) + "\r\n";

    private static string Value(string text)
    {
        var safe = Disarmed(text);
        return safe.AsSpan().IndexOfAny(",\"\r\n") < 0
            ? safe
            : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static string Disarmed(string text)
    {
        StringBuilder? safe = null;
        for (var at = text.Length - 1; at >= 0; at--)
        {
            if (
                (at == 0 || (Delimiters.Contains(text[at - 1]) && !Delimiters.Contains(text[at])))
                && BeginsFormula(text.AsSpan(at))
            )
                (safe ??= new StringBuilder(text)).Insert(at, '\'');
        }

        return safe?.ToString() ?? text;
    }

    /// <summary>
    /// Whether a cell is taken for a formula: quotes, blanks and what does not show may stand before it.
    /// </summary>
    private static bool BeginsFormula(ReadOnlySpan<char> cell)
    {
        foreach (var c in cell)
        {
            if (Formula.Contains(c))
                return true;
            if (c is not '"' && !char.IsWhiteSpace(c) && char.GetUnicodeCategory(c) != UnicodeCategory.Format)
                return false;
        }

        return false;
    }
}
