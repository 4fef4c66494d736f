namespace EPortal.Data.Sqlite;

/// <summary>The words of SQLite.</summary>
internal sealed class SqliteDialect : SqlDialect
{
    /// <summary>The one there is.</summary>
    public static readonly SqliteDialect Instance = new();

    private SqliteDialect() { }

    /// <inheritdoc/>
    public override string BeginWriting => "BEGIN IMMEDIATE";

    /// <inheritdoc/>
    public override string JoinInOrder => "CROSS JOIN";

    /// <inheritdoc/>
    public override string Like => "LIKE";

    /// <inheritdoc/>
    public override string Numbers(string parameter) => $"json_each({parameter})";

    /// <inheritdoc/>
    public override string Texts(string parameter) => $"json_each({parameter})";

    /// <inheritdoc/>
    public override string ByIndex(string index) => $"INDEXED BY {index}";

    /// <inheritdoc/>
    public override string WithoutIndex(string column) => $"+{column}";

    /// <inheritdoc/>
    public override string IgnoringCase(string column) => $"{column} COLLATE NOCASE";
}
