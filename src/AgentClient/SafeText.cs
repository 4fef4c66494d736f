namespace EPortal.AgentClient;

/// <summary>Text from the other side, made fit for a terminal or a log.</summary>
public static class SafeText
{
    private const int MaxLength = 300;

    /// <summary>One line without control characters, cut after <paramref name="max"/> characters.</summary>
    public static string Line(string text, int max = MaxLength)
    {
        var cut = text.Length > max ? text[..max] : text;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)).Trim();
    }
}
