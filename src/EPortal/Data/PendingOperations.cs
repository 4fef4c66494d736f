using Dapper;

namespace EPortal.Data;

/// <summary>Operations that are here but build on one that is not yet carried out.</summary>
internal sealed class PendingOperations(Session session)
{
    /// <summary>Whether there is any; almost always not, which spares the look-ups.</summary>
    public bool Any => session.Scalar("SELECT 1 FROM pending_operation LIMIT 1") is not null;

    /// <summary>Whether the operation <paramref name="id"/> is among them.</summary>
    public bool Contains(EntityId id) =>
        session.Scalar(
            "SELECT 1 FROM pending_operation WHERE origin = @origin AND sequence = @sequence",
            ("@origin", id.Origin),
            ("@sequence", id.Sequence)
        )
            is not null;

    /// <summary>Lays <paramref name="id"/> aside until <paramref name="ground"/> has been carried out.</summary>
    public void Add(EntityId id, EntityId ground) =>
        session.Execute(
            """
            INSERT INTO pending_operation (origin, sequence, waits_origin, waits_sequence)
            VALUES (@origin, @sequence, @waits, @waitsSequence)
            """,
            ("@origin", id.Origin),
            ("@sequence", id.Sequence),
            ("@waits", ground.Origin),
            ("@waitsSequence", ground.Sequence)
        );

    /// <summary>Removes and returns all of them.</summary>
    public IReadOnlyList<Operation> TakeAll()
    {
        var all = StateReader.Pending(session).Select(row => row.ToOperation()).ToList();
        if (all.Count > 0)
            session.Execute("DELETE FROM pending_operation");
        return all;
    }

    /// <summary>Removes and returns those that waited for <paramref name="ground"/>.</summary>
    public IReadOnlyList<Operation> TakeWaitingFor(EntityId ground)
    {
        if (!Any)
            return [];
        var waiting = session
            .Connection.Query<OperationRow>(
                """
                SELECT o.origin, o.sequence, o.stamp, o.prev_hash, o.entity, o.content FROM pending_operation p
                JOIN operation o ON o.origin = p.origin AND o.sequence = p.sequence
                WHERE p.waits_origin = @Origin AND p.waits_sequence = @Sequence
                ORDER BY o.origin, o.sequence
                """,
                ground
            )
            .Select(row => row.ToOperation())
            .ToList();
        session.Execute(
            "DELETE FROM pending_operation WHERE waits_origin = @origin AND waits_sequence = @sequence",
            ("@origin", ground.Origin),
            ("@sequence", ground.Sequence)
        );
        return waiting;
    }
}

/// <summary>A row of the operation log.</summary>
internal sealed record OperationRow(
    string Origin,
    long Sequence,
    long Stamp,
    string PrevHash,
    string Entity,
    string Content
)
{
    /// <summary>Reads its content.</summary>
    public Operation ToOperation() =>
        OperationJson.Read(new EntityId(Origin, Sequence), Stamp, Entity, Content) with
        {
            PreviousHash = PrevHash,
        };
}
