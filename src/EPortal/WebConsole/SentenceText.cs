namespace EPortal.WebConsole;

/// <summary>Error texts, which begin in lower case, as sentences of a page.</summary>
internal static class SentenceText
{
    /// <summary>
    /// The text with its first letter capitalised; names of files, options and the like and quoted values stay as they
    /// are.
    /// </summary>
    public static string Capitalised(string text)
    {
        var end = text.IndexOf(' ', StringComparison.Ordinal);
        var word = text.AsSpan(0, end < 0 ? text.Length : end).TrimEnd(",;:.");
        foreach (var c in word)
        {
            if (!char.IsAsciiLetterLower(c) && c is not ('-' or '\''))
                return text;
        }

        return word.Length > 0 && word[0] is >= 'a' and <= 'z' ? char.ToUpperInvariant(text[0]) + text[1..] : text;
    }
}
