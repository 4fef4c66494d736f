using EPortal.Data;

namespace EPortal.Servers.Search;

/// <summary>
/// A host name or address to look for; <c>%</c> stands for any text, nothing else is special, and case does not matter.
/// </summary>
internal sealed class NamePattern
{
    /// <summary>Longest, in characters; the database refuses one of 50,000 bytes.</summary>
    public const int MaxLength = 1000;

    private const char Any = '%';

    // Behind every other text that begins the same.
    private static readonly string s_last = char.ConvertFromUtf32(0x10FFFF);

    /// <summary>Reads one.</summary>
    /// <exception cref="RefusedException">It is too long.</exception>
    public NamePattern(string text)
    {
        if (text.Length > MaxLength)
            throw new RefusedException(
                Refusal.Invalid,
                $"the host name or address to search for must have at most {MaxLength} characters"
            );
        var first = text.IndexOf(Any, StringComparison.Ordinal);
        Prefix = first < 0 ? text : text[..first];
        IsExact = first < 0;
        IsAnything = text.Length > 0 && text.Trim(Any).Length == 0;
        IsPrefix = first >= 0 && text[first..].Trim(Any).Length == 0;
        Like = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
    }

    /// <summary>
    /// Whether a text looks like an address or a pattern of one: nothing but characters of addresses, with a separator.
    /// </summary>
    public static bool IsAddress(string? text) =>
        text is not null
        && text.AsSpan().IndexOfAny('.', ':') >= 0
        && text.All(c => char.IsAsciiHexDigit(c) || c is '.' or ':' or Any);

    /// <summary>What it begins with, up to the first <c>%</c>.</summary>
    public string Prefix { get; }

    /// <summary>The end of what begins so.</summary>
    public string Last => Prefix + s_last;

    /// <summary>Whether it has no <c>%</c>.</summary>
    public bool IsExact { get; }

    /// <summary>Whether there is nothing but <c>%</c> behind the prefix.</summary>
    public bool IsPrefix { get; }

    /// <summary>Whether everything matches.</summary>
    public bool IsAnything { get; }

    /// <summary>Whether an index finds it: it begins with something.</summary>
    public bool IsIndexed => Prefix.Length > 0;

    /// <summary>The same for LIKE with <c>\</c> as escape.</summary>
    public string Like { get; }

    /// <summary>The condition on a column, with parameters of that name.</summary>
    public string Condition(SqlDialect dialect, string column, string name) =>
        this switch
        {
            { IsExact: true } => $"{column} = @{name}Prefix",
            { IsPrefix: true } => $"{column} >= @{name}Prefix AND {column} < @{name}Last",
            { IsIndexed: true } =>
                $@"{column} >= @{name}Prefix AND {column} < @{name}Last AND {column} {dialect.Like} @{name}Like ESCAPE '\'",
            _ => $@"{column} {dialect.Like} @{name}Like ESCAPE '\'",
        };
}
