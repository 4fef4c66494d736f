namespace EPortal.Data;

/// <summary>
/// Decides which of several live entities of one name is visible: the one that was given the name last. It can happen
/// only where two nodes each made one while they could not see each other.
/// </summary>
internal sealed class NameShadows(Session session)
{
    private static readonly Comparer<(long Born, string Id)> s_oldest = Comparer<(long Born, string Id)>.Create(
        (one, other) =>
            one.Born != other.Born ? one.Born.CompareTo(other.Born) : string.CompareOrdinal(one.Id, other.Id)
    );

    private static readonly Comparer<(Stamp Named, string Id)> s_latest = Comparer<(Stamp Named, string Id)>.Create(
        (one, other) =>
            one.Named == other.Named ? string.CompareOrdinal(one.Id, other.Id) : one.Named.CompareTo(other.Named)
    );

    /// <summary>The name of a living entity; empty where its type has none.</summary>
    public static Fields NameOf(Session session, EntityType type, string id)
    {
        var name = new Fields();
        if (type.NamedBy.Count == 0)
            return name;
        using var row = session.Query(
            $"SELECT {string.Join(", ", type.NamedBy)} FROM {type.Name} WHERE id = @id",
            ("@id", id)
        );
        if (!row.Read())
            return name;
        for (var i = 0; i < type.NamedBy.Count; i++)
            name.Add(type.NamedBy[i], row.GetString(i));
        return name;
    }

    /// <summary>
    /// The ids of all living entities that have the name of this one, or for a pair of all that could be of two such;
    /// none where it is gone. One of a type without names is alone.
    /// </summary>
    public static IReadOnlyList<string> SameName(Session session, EntityType type, string id)
    {
        if (type.IsPair)
        {
            var halves = type.EntitiesOf(id);
            return
            [
                .. SameName(session, type.Joins[0], halves[0])
                    .SelectMany(first =>
                        SameName(session, type.Joins[1], halves[1]).Select(second => EntityType.PairId(first, second))
                    ),
            ];
        }

        if (type.NamedBy.Count == 0)
            return [id];
        var same = string.Join(" AND ", type.NamedBy.Select(field => $"other.{field} = one.{field}"));
        var ids = new List<string>();
        using var row = session.Query(
            $"SELECT other.id FROM {type.Name} one JOIN {type.Name} other ON {same} WHERE one.id = @id ORDER BY other.id",
            ("@id", id)
        );
        while (row.Read())
            ids.Add(row.GetString(0));
        return ids;
    }

    /// <summary>
    /// Sets the column <c>shadowed</c> of all that carry the name in <paramref name="fields"/>.
    /// </summary>
    /// <returns>The visible one and those it shadows; null where there are not several.</returns>
    public (string Visible, IReadOnlyList<string> Shadowed)? Recompute(
        EntityType type,
        IReadOnlyDictionary<string, object?> fields
    )
    {
        if (type.NamedBy.Count == 0 || !type.NamedBy.All(fields.ContainsKey))
            return null;
        var same = string.Join(" AND ", type.NamedBy.Select(field => $"{field} = @{field}"));
        (string, object?)[] name = [.. type.NamedBy.Select(field => ("@" + field, fields[field]))];
        var entities = Read(type, same, name);
        if (entities.Count == 0)
            return null;
        var visible = VisibleOf(entities);
        session.Execute(
            $"UPDATE {type.Name} SET shadowed = CASE WHEN id = @visible THEN 0 ELSE 1 END WHERE {same}",
            [("@visible", visible), .. name]
        );
        return entities.Count == 1
            ? null
            : (
                visible,
                [.. entities.Select(entity => entity.Id).Where(id => id != visible).Order(StringComparer.Ordinal)]
            );
    }

    private List<(string Id, long Born, Stamp Named, string? Identity)> Read(
        EntityType type,
        string same,
        (string, object?)[] name
    )
    {
        var entities = new List<(string Id, long Born, Stamp Named, string? Identity)>();
        using (
            var row = session.Query(
                $"SELECT id, stamp, stamps, {type.IdentifiedBy ?? "NULL"} FROM {type.Name} WHERE {same}",
                name
            )
        )
        {
            while (row.Read())
            {
                var (id, born) = (row.GetString(0), row.GetInt64(1));
                var stamps = FieldStamps.Parse(new Stamp(born, EntityId.Parse(id).Origin), row.GetString(2));
                entities.Add(
                    (id, born, type.NamedBy.Select(stamps.Of).Max(), row.IsDBNull(3) ? null : row.GetString(3))
                );
            }
        }

        return entities;
    }

    private static string VisibleOf(List<(string Id, long Born, Stamp Named, string? Identity)> entities)
    {
        var isOne = entities[0].Identity is { } identity && entities.TrueForAll(entity => entity.Identity == identity);
        return isOne
            ? entities.MinBy(entity => (entity.Born, entity.Id), s_oldest).Id
            : entities.MaxBy(entity => (entity.Named, entity.Id), s_latest).Id;
    }
}
