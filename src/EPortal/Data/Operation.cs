namespace EPortal.Data;

/// <summary>What an operation does.</summary>
internal enum OperationKind
{
    /// <summary>Creates an entity; its id is the operation's own.</summary>
    Create,

    /// <summary>Sets fields, adds a hold, removes holds; any of these together.</summary>
    Update,

    /// <summary>Ends the entities it names.</summary>
    Delete,
}

/// <summary>One replicated change. It is applied once, when its sequence is the next of its origin.</summary>
internal sealed record Operation
{
    /// <summary>The node that made it and its number on that node; the identity of what it creates or holds.</summary>
    public required EntityId Id { get; init; }

    /// <summary>Stamp of the hybrid clock when it was made.</summary>
    public required long Stamp { get; init; }

    /// <summary>
    /// Hash of the operation before it of the same origin (<see cref="OperationHash"/>); empty where that was not
    /// known.
    /// </summary>
    public string PreviousHash { get; init; } = "";

    /// <summary>Name of the entity type.</summary>
    public required string Entity { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>
    /// The entities it is about: one for an update, those it saw for a deletion, none for a creation.
    /// </summary>
    public IReadOnlyList<string> Subjects { get; init; } = [];

    /// <summary>Fields with their new values: text, whole number or null.</summary>
    public IReadOnlyDictionary<string, object?> Set { get; init; } = Fields.None;

    /// <summary>Whether it adds a hold, whose id is the operation's.</summary>
    public bool Holds { get; init; }

    /// <summary>Ids of the holds it removes: those its maker saw.</summary>
    public IReadOnlyList<string> Releases { get; init; } = [];
}

/// <summary>Field values of an operation: text, whole numbers (<see cref="long"/>) or null.</summary>
internal sealed class Fields : Dictionary<string, object?>
{
    /// <summary>No field.</summary>
    public static readonly Fields None = [];

    /// <summary>Makes an empty set.</summary>
    public Fields()
        : base(StringComparer.Ordinal) { }

    /// <summary>Adds a truth value, kept as 0 or 1 as both databases can.</summary>
    public void Add(string name, bool value) => base.Add(name, value ? 1L : 0L);

    /// <summary>Adds a whole number.</summary>
    public void Add(string name, long value) => base.Add(name, value);

    /// <summary>Adds a text or null.</summary>
    public void Add(string name, string? value) => base.Add(name, value);
}
