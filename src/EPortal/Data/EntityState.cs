using Dapper;

namespace EPortal.Data;

/// <summary>A row of a replicated entity as it travels in a full merge.</summary>
/// <param name="Entity">Name of its type.</param>
/// <param name="Id">Its id.</param>
/// <param name="Stamp">When it was created.</param>
/// <param name="Stamps">When its fields were written since, as stored.</param>
/// <param name="Fields">Its fields.</param>
internal sealed record EntityState(string Entity, string Id, long Stamp, string Stamps, Fields Fields);

/// <summary>A hold as it travels in a full merge.</summary>
/// <param name="Id">The operation that added it.</param>
/// <param name="Entity">Name of the type of what is held.</param>
/// <param name="Subject">What is held.</param>
internal sealed record HoldState(string Id, string Entity, string Subject);

/// <summary>How far a node has come with an origin.</summary>
/// <param name="Origin">The origin.</param>
/// <param name="Sequence">The last operation received.</param>
/// <param name="Hash">Hash of that operation; empty where it is not known.</param>
internal sealed record VectorState(string Origin, long Sequence, string Hash);

/// <summary>Reads the replicated state of a store, page by page, on one snapshot.</summary>
internal sealed class StateReader(EntityCatalog catalog)
{
    /// <summary>The types, those that others are pairs of first.</summary>
    public IReadOnlyList<EntityType> Types { get; } =
    [.. catalog.Types.OrderBy(type => type.IsPair).ThenBy(type => type.Name, StringComparer.Ordinal)];

    /// <summary>Rows of a type after an id, in the order of ids.</summary>
    public static IReadOnlyList<EntityState> Rows(Session session, EntityType type, string after, int most)
    {
        var rows = new List<EntityState>();
        var columns = string.Concat(type.Fields.Select(field => $", {field}"));
        using var row = session.Query(
            $"SELECT id, stamp, stamps{columns} FROM {type.Name} WHERE id > @after ORDER BY id LIMIT @most",
            ("@after", after),
            ("@most", most)
        );
        while (row.Read())
        {
            var fields = new Fields();
            for (var n = 0; n < type.Fields.Length; n++)
            {
                if (row.IsDBNull(n + 3))
                    fields.Add(type.Fields[n], null);
                else if (row.GetValue(n + 3) is long number)
                    fields.Add(type.Fields[n], number);
                else
                    fields.Add(type.Fields[n], row.GetString(n + 3));
            }

            rows.Add(new EntityState(type.Name, row.GetString(0), row.GetInt64(1), row.GetString(2), fields));
        }

        return rows;
    }

    /// <summary>Holds after an id, in the order of ids.</summary>
    public static IReadOnlyList<HoldState> Holds(Session session, string after, int most) =>
        session
            .Connection.Query<HoldState>(
                "SELECT id, entity, subject FROM hold WHERE id > @after ORDER BY id LIMIT @most",
                new { after, most }
            )
            .AsList();

    /// <summary>Holds on entities of a type, from one id to another.</summary>
    public static IReadOnlyList<HoldState> HoldsOn(Session session, EntityType type, string first, string last) =>
        type.CanBeHeld
            ? session
                .Connection.Query<HoldState>(
                    """
                    SELECT id, entity, subject FROM hold
                    WHERE entity = @Name AND subject >= @first AND subject <= @last ORDER BY subject, id
                    """,
                    new
                    {
                        type.Name,
                        first,
                        last,
                    }
                )
                .AsList()
            : [];

    /// <summary>The version vector with hashes.</summary>
    public static IReadOnlyList<VectorState> Vector(Session session) =>
        session
            .Connection.Query<VectorState>("SELECT origin, sequence, hash FROM version_vector ORDER BY origin")
            .AsList();

    /// <summary>Operations that are here and wait for others.</summary>
    public static IReadOnlyList<OperationRow> Pending(Session session) =>
        session
            .Connection.Query<OperationRow>(
                """
                SELECT o.origin, o.sequence, o.stamp, o.prev_hash, o.entity, o.content FROM pending_operation p
                JOIN operation o ON o.origin = p.origin AND o.sequence = p.sequence ORDER BY o.origin, o.sequence
                """
            )
            .AsList();
}
