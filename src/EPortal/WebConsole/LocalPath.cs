using System.Text;

namespace EPortal.WebConsole;

/// <summary>
/// The one rule for places to go on to that a request names: no address leads out of the console (no open redirect).
/// </summary>
internal static class LocalPath
{
    private const int MaxLength = 4000;

    /// <summary>Ways to hide a sign in a path that are taken apart; what is wrapped more often is refused.</summary>
    private const int MaxWraps = 3;

    /// <summary>
    /// The place, as it may stand in a <c>Location</c> header (RFC 3986, ASCII only), if it lies in the console, else
    /// the start page.
    /// </summary>
    public static string Of(string? next) => OrNull(next) ?? ConsoleRoutes.Base;

    /// <summary>The same, with null for what lies elsewhere.</summary>
    public static string? OrNull(string? next)
    {
        if (next is not { Length: > 0 and <= MaxLength } || next.Any(char.IsControl))
            return null;
        var end = next.AsSpan().IndexOfAny('?', '#');
        var path = end < 0 ? next : next[..end];
        return IsWithin(path) ? Encoded(next) : null;
    }

    /// <summary>Whether a path lies in the console however often it is decoded, and names no folder above.</summary>
    private static bool IsWithin(string path)
    {
        for (var wraps = 0; wraps <= MaxWraps; wraps++)
        {
            if (!IsPlainlyWithin(path))
                return false;
            var decoded = Uri.UnescapeDataString(path);
            if (decoded == path)
                return true;
            path = decoded;
        }

        return false;
    }

    private static bool IsPlainlyWithin(string path) =>
        (path == ConsoleRoutes.Base || path.StartsWith(ConsoleRoutes.Base + "/", StringComparison.Ordinal))
        && !path.Contains('\\')
        && !path.Contains("//", StringComparison.Ordinal)
        && !path.Any(char.IsControl)
        && !path.Split('/').Any(part => part is "." or "..");

    /// <summary>What may not stand in a header, as percent-encoded UTF-8; what is encoded already stays.</summary>
    private static string Encoded(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && rune.Value is not (' ' or '"' or '<' or '>'))
                encoded.Append((char)rune.Value);
            else
                encoded.Append(Uri.EscapeDataString(rune.ToString()));
        }

        return encoded.ToString();
    }
}
