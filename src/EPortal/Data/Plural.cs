namespace EPortal.Data;

/// <summary>Numbers of things in sentences.</summary>
internal static class Plural
{
    /// <summary>
    /// <c>1 server</c>, <c>2 servers</c>; <paramref name="one"/> is the word for one, which takes an s for more.
    /// </summary>
    public static string Of(long count, string one) => count == 1 ? $"1 {one}" : $"{count} {one}s";

    /// <summary><c>1 server was</c>, <c>2 servers were</c>.</summary>
    public static string Were(long count, string one) => $"{Of(count, one)} {(count == 1 ? "was" : "were")}";
}
