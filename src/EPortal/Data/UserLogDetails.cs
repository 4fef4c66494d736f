using System.Text.Json;

namespace EPortal.Data;

/// <summary>Servers that a line of the user log is about.</summary>
/// <param name="Names">Names of some of them; of all where they are few.</param>
/// <param name="Count">How many they are.</param>
/// <param name="Filter">How they were chosen, as the query string of the list of servers; without its question mark;
/// null where they were picked one by one.</param>
internal sealed record ServersOfEntry(IReadOnlyList<string> Names, long Count, string? Filter = null)
{
    /// <summary>Names that are kept of one line.</summary>
    public const int MaxNames = 20;

    /// <summary>Those of that name each.</summary>
    public static ServersOfEntry Of(IReadOnlyCollection<string> names) =>
        new([.. names.Take(MaxNames).Select(name => name.Length == 0 ? "(no name)" : name)], names.Count);
}

/// <summary>
/// What a line of the user log tells besides its sentence; bounded, for some of it is what hosts say of themselves.
/// </summary>
internal sealed record UserLogDetails(IReadOnlyList<FieldChange> Changes, ServersOfEntry? Servers)
{
    /// <summary>Characters of a line's sentence.</summary>
    public const int MaxDetail = 1000;

    private const int MaxChanges = 20;
    private const int MaxValue = 200;
    private const int MaxFilter = 1000;

    /// <summary>Nothing.</summary>
    public static readonly UserLogDetails None = new([], null);

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    public static UserLogDetails Parse(string text) =>
        text.Length == 0 ? None : JsonSerializer.Deserialize(text, StoreJson.Default.UserLogDetails) ?? None;

    /// <summary>As it is kept; empty when there is nothing to tell.</summary>
    public string ToText() =>
        Changes.Count == 0 && Servers is null
            ? ""
            : JsonSerializer.Serialize(Bounded(), StoreJson.Default.UserLogDetails);

    /// <summary>A text of at most <paramref name="most"/> characters; a pair of surrogates is not parted.</summary>
    public static string Cut(string text, int most) =>
        text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + "…";

    private UserLogDetails Bounded() =>
        new(
            [
                .. Changes
                    .Take(MaxChanges)
                    .Select(change => new FieldChange(
                        change.Field,
                        Cut(change.Was, MaxValue),
                        Cut(change.Became, MaxValue)
                    )),
            ],
            Servers is null
                ? null
                : new ServersOfEntry(
                    [.. Servers.Names.Take(ServersOfEntry.MaxNames).Select(name => Cut(name, MaxValue))],
                    Servers.Count,
                    Servers.Filter?.Length <= MaxFilter ? Servers.Filter : null
                )
        );
}
