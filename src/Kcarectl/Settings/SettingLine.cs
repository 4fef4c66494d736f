namespace Kcarectl.Settings;

/// <summary>One <c>NAME=value</c> line; the value may stand in quotes.</summary>
internal sealed record SettingLine(string Name, string Value)
{
    /// <summary>Null for a comment, an empty line, and what is no assignment.</summary>
    public static SettingLine? Parse(string line)
    {
        var text = line.Trim();
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (text.StartsWith('#') || equals < 1)
            return null;
        var value = text[(equals + 1)..].Trim();
        if (value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0])
            value = value[1..^1];
        return new SettingLine(text[..equals].TrimEnd(), value);
    }
}
