namespace EPortal.Data;

/// <summary>
/// What features need of SQL that databases write in different ways. All other SQL of features is of the subset that
/// SQLite and PostgreSQL share; a test (<c>PortableSqlTests</c>) reads it all.
/// </summary>
internal abstract class SqlDialect
{
    /// <summary>Begins a transaction that writes, waiting for the one before.</summary>
    public abstract string BeginWriting { get; }

    /// <summary>
    /// Joins in the order in which the tables are written, where the statement knows better than the planner.
    /// </summary>
    public abstract string JoinInOrder { get; }

    /// <summary>Compares with a pattern, ignoring the case of ASCII letters.</summary>
    public abstract string Like { get; }

    /// <summary>A table with the column <c>value</c>, of whole numbers.</summary>
    /// <param name="parameter">Name of a parameter that holds them as a JSON list.</param>
    public abstract string Numbers(string parameter);

    /// <summary>A table with the column <c>value</c>, of texts.</summary>
    /// <param name="parameter">Name of a parameter that holds them as a JSON list.</param>
    public abstract string Texts(string parameter);

    /// <summary>Behind a table: reads it by this index, where the statement knows better than the planner.</summary>
    public abstract string ByIndex(string index);

    /// <summary>A column for which no index is used.</summary>
    public abstract string WithoutIndex(string column);

    /// <summary>A column by which rows are ordered, ignoring the case of ASCII letters.</summary>
    public abstract string IgnoringCase(string column);
}
