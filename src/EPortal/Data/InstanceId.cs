namespace EPortal.Data;

/// <summary>Names an installation: one line of letters, digits and dashes in <c>instance-id</c>.</summary>
internal static class InstanceId
{
    /// <summary>Name of the file in the data folder.</summary>
    public const string FileName = "instance-id";

    private const int MaxLength = 128;

    /// <summary>The id in the text of such a file; null when it is none.</summary>
    public static string? ParseOrNull(string text) =>
        text.Trim() is { Length: > 0 and <= MaxLength } id
        && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? id
            : null;
}
