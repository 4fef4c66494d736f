namespace EPortal.AgentClient;

/// <summary>Text from the other side, made fit for a terminal or a log.</summary>
internal static class SafeText
{
    private const int MaxLength = 300;

    /// <summary>One line without control characters, cut after 300 characters.</summary>
    public static string Line(string text)
    {
        var cut = text.Length > MaxLength ? text[..MaxLength] : text;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)).Trim();
    }
}
