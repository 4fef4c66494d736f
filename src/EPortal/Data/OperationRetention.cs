namespace EPortal.Data;

/// <summary>
/// Trims the log of operations by its own numbers, in order of arrival. What waits for its dependencies stays until it
/// has been carried out, and of each origin it is remembered from where on all is kept: who lacks older ones has to be
/// merged with in full.
/// </summary>
/// <param name="Age">How long operations are kept for other nodes.</param>
internal sealed record OperationRetention(TimeSpan Age) : Retention("operation", Age, MaxRows: null)
{
    private const string Chosen = """
        number > @after AND number <= @last
          AND NOT EXISTS (SELECT 1 FROM pending_operation p WHERE p.origin = operation.origin AND p.sequence = operation.sequence)
        """;

    /// <summary>The number of the last operation that was deleted; 0 for none.</summary>
    public static long Trimmed(Session session) => (long)session.Scalar("SELECT trimmed FROM node")!;

    /// <summary>The number of the last operation that the session sees, deleted or not.</summary>
    public static long Last(Session session) =>
        Math.Max((long)(session.Scalar("SELECT max(number) FROM operation") ?? 0L), Trimmed(session));

    /// <inheritdoc/>
    public override long Newest(Change change) => Last(change.Session);

    /// <inheritdoc/>
    public override Deleted Delete(Change change, long upTo, int rows)
    {
        var session = change.Session;
        var after = Trimmed(session);
        if (
            session.Scalar(
                "SELECT max(number) FROM (SELECT number FROM operation WHERE number > @after AND number <= @upTo ORDER BY number LIMIT @rows) AS some",
                ("@after", after),
                ("@upTo", upTo),
                ("@rows", rows)
            )
            is not long last
        )
            return new Deleted(DeleteBetween(session, 0, after), IsDone: true); // Those that waited when their time came and do not any more.
        var deleted = DeleteBetween(session, after, last);
        session.Execute("UPDATE node SET trimmed = @last", ("@last", last));
        return new Deleted(deleted, IsDone: false);
    }

    /// <inheritdoc/>
    public override long Count(Session session) =>
        Last(session)
        - Trimmed(session)
        + (long)session.Scalar("SELECT count(*) FROM operation WHERE number <= (SELECT trimmed FROM node)")!;

    private static int DeleteBetween(Session session, long after, long last)
    {
        session.Execute(
            $"""
            UPDATE version_vector SET kept_from = gone.next
            FROM (SELECT origin, max(sequence) + 1 AS next FROM operation WHERE {Chosen} GROUP BY origin) AS gone
            WHERE gone.origin = version_vector.origin AND version_vector.kept_from < gone.next
            """,
            ("@after", after),
            ("@last", last)
        );
        return session.Execute($"DELETE FROM operation WHERE {Chosen}", ("@after", after), ("@last", last));
    }
}
