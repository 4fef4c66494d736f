namespace EPortal.Servers;

/// <summary>What the page shows that asks before many servers are changed.</summary>
/// <param name="What">The kind of change.</param>
/// <param name="Count">How many servers.</param>
/// <param name="Address">Where the form goes: it carries which servers are meant.</param>
/// <param name="Examples">Some of the servers.</param>
/// <param name="Keys">Keys to move them to, with their feeds.</param>
/// <param name="List">Address of the list that they were chosen from.</param>
/// <param name="Value">What was filled in.</param>
/// <param name="Problem">Why it was not done.</param>
internal sealed record ServerChangeModel(
    string What,
    long Count,
    string Address,
    IReadOnlyList<Server> Examples,
    IReadOnlyList<(string Name, string Feed)> Keys,
    string List,
    string? Value,
    string? Problem
)
{
    /// <summary>Adds tags.</summary>
    public const string AddTags = "add-tags";

    /// <summary>Takes tags away.</summary>
    public const string RemoveTags = "remove-tags";

    /// <summary>Moves to another key.</summary>
    public const string Move = "move";

    /// <summary>Deletes.</summary>
    public const string Delete = "delete";

    /// <summary>Kinds of change, with what people call them.</summary>
    public static readonly IReadOnlyList<(string Token, string Title)> Kinds =
    [
        (AddTags, "Add tags"),
        (RemoveTags, "Remove tags"),
        (Move, "Move to another key"),
        (Delete, "Delete"),
    ];

    /// <summary>Keys to choose from, none of which is chosen yet.</summary>
    public static IEnumerable<(string Value, string Text)> Choices(IEnumerable<(string Name, string Feed)> keys) =>
        [("", "Choose a key…"), .. keys.Select(key => (key.Name, $"{key.Name} (feed {key.Feed})"))];

    /// <summary>What people call the change.</summary>
    public string Title => Kinds.First(kind => kind.Token == What).Title;
}
