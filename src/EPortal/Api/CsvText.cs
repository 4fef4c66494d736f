namespace EPortal.Api;

/// <summary>
/// Comma-separated values (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front, for hosts
/// choose their names themselves.
/// </summary>
internal static class CsvText
{
    private static readonly char[] s_formula = ['=', '+', '-', '@', '\t', '\r'];

    /// <summary>One line, with its end.</summary>
    public static string Line(params IEnumerable<string> values) => string.Join(',', values.Select(Value)) + "\r\n";

    private static string Value(string text)
    {
        if (text.Length > 0 && s_formula.Contains(text[0]))
            text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
