namespace EPortal.Data;

/// <summary>
/// Decides which of several live entities of one name is visible: the one that was given the name last. It can happen
/// only where two nodes each made one while they could not see each other.
/// </summary>
internal sealed class NameShadows(Session session)
{
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

    /// <summary>Sets the column <c>shadowed</c> of all that carry the name in <paramref name="fields"/>.</summary>
    public void Recompute(EntityType type, IReadOnlyDictionary<string, object?> fields)
    {
        if (type.NamedBy.Count == 0 || !type.NamedBy.All(fields.ContainsKey))
            return;
        var same = string.Join(" AND ", type.NamedBy.Select(field => $"{field} = @{field}"));
        (string, object?)[] name = [.. type.NamedBy.Select(field => ("@" + field, fields[field]))];
        if (Latest(type, same, name) is { } visible)
            session.Execute(
                $"UPDATE {type.Name} SET shadowed = CASE WHEN id = @visible THEN 0 ELSE 1 END WHERE {same}",
                [("@visible", visible), .. name]
            );
    }

    private string? Latest(EntityType type, string same, (string, object?)[] name)
    {
        string? visible = null;
        var latest = Stamp.Never;
        using var row = session.Query($"SELECT id, stamp, stamps FROM {type.Name} WHERE {same}", name);
        while (row.Read())
        {
            var id = row.GetString(0);
            var stamps = FieldStamps.Parse(new Stamp(row.GetInt64(1), EntityId.Parse(id).Origin), row.GetString(2));
            var named = type.NamedBy.Select(stamps.Of).Max();
            if (visible is null || named.IsAfter(latest) || (named == latest && string.CompareOrdinal(id, visible) > 0))
                (visible, latest) = (id, named);
        }

        return visible;
    }
}
