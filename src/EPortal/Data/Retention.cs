namespace EPortal.Data;

/// <summary>
/// Rows of a table that are deleted when they are too old or too many, the oldest first. Which are old is told by
/// <see cref="RetentionClock"/>; all here runs on the writer, but for <see cref="Count"/>.
/// </summary>
/// <param name="Table">Name of the table.</param>
/// <param name="MaxAge">How long rows are kept; null for as long as there is room.</param>
/// <param name="MaxRows">How many are kept; null for all.</param>
internal abstract record Retention(string Table, TimeSpan? MaxAge, long? MaxRows)
{
    /// <summary>
    /// The place of the newest row there is now. Rows that come later have higher ones, whatever the wall clock does.
    /// </summary>
    public abstract long Newest(Change change);

    /// <summary>
    /// Deletes the oldest rows, at most <paramref name="rows"/> of those up to the place <paramref name="upTo"/>.
    /// </summary>
    public abstract Deleted Delete(Change change, long upTo, int rows);

    /// <summary>How many rows there are.</summary>
    public abstract long Count(Session session);
}

/// <summary>What a step of deleting did.</summary>
/// <param name="Rows">Rows that were deleted.</param>
/// <param name="IsDone">Whether nothing is left to do.</param>
internal readonly record struct Deleted(long Rows, bool IsDone);

/// <summary>
/// Retention of a table whose rows are ordered by a stamp of the hybrid clock, which never goes back.
/// </summary>
/// <param name="Table">Name of the table.</param>
/// <param name="Id">Its primary key.</param>
/// <param name="Stamp">Column of the stamp; indexed.</param>
/// <param name="MaxAge">How long rows are kept.</param>
/// <param name="MaxRows">How many are kept.</param>
internal sealed record StampedRetention(string Table, string Id, string Stamp, TimeSpan? MaxAge, long? MaxRows)
    : Retention(Table, MaxAge, MaxRows)
{
    /// <inheritdoc/>
    public override long Newest(Change change) => change.Node.Stamp;

    /// <inheritdoc/>
    public override Deleted Delete(Change change, long upTo, int rows)
    {
        var deleted = change.Session.Execute(
            $"DELETE FROM {Table} WHERE {Id} IN (SELECT {Id} FROM {Table} WHERE {Stamp} <= @upTo ORDER BY {Stamp} LIMIT @rows)",
            ("@upTo", upTo),
            ("@rows", rows)
        );
        return new Deleted(deleted, deleted < rows);
    }

    /// <inheritdoc/>
    public override long Count(Session session) => (long)session.Scalar($"SELECT count(*) FROM {Table}")!;
}
