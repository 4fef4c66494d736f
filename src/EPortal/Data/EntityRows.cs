namespace EPortal.Data;

/// <summary>The tables of replicated entities, written by what their <see cref="EntityType"/> says.</summary>
internal sealed class EntityRows(EntityCatalog catalog, Change change)
{
    private readonly NameShadows _shadows = new(change.Session);
    private readonly Session _session = change.Session;

    /// <summary>Adds the entity that <paramref name="operation"/> creates.</summary>
    public void Insert(EntityType type, Operation operation)
    {
        var fields = operation.Set.Keys.Select(field => Known(type, field)).ToList();
        var sql = $"""
            INSERT INTO {type.Name} (id, stamp{string.Concat(fields.Select(f => $", {f}"))})
            VALUES (@id, @stamp{string.Concat(fields.Select(f => $", @{f}"))})
            """;
        _session.Execute(
            sql,
            [("@id", operation.Id.ToString()), ("@stamp", operation.Stamp), .. Values(operation.Set)]
        );
        Shadow(type, operation.Set);
        type.Projection?.Written(change, operation.Id.ToString(), fields);
    }

    /// <summary>Whether <paramref name="id"/> lives; the row of a pair is made when both its halves do.</summary>
    public bool Ensure(EntityType type, string id)
    {
        if (Exists(type, id))
            return true;
        if (!type.IsPair)
            return false;
        var halves = type.EntitiesOf(id);
        if (!Exists(type.Joins[0], halves[0]) || !Exists(type.Joins[1], halves[1]))
            return false;
        _session.Execute(
            $"INSERT INTO {type.Name} (id, stamp, {type.Joins[0].Name}, {type.Joins[1].Name}) VALUES (@id, 0, @first, @second)",
            ("@id", id),
            ("@first", halves[0]),
            ("@second", halves[1])
        );
        return true;
    }

    /// <summary>Writes the fields that nobody has written later.</summary>
    public void Set(EntityType type, string id, Operation operation)
    {
        if (operation.Set.Count == 0)
            return;
        var written = FieldStamps.Read(_session, type, id);
        var stamp = new Stamp(operation.Stamp, operation.Id.Origin);
        var newer = operation.Set.Where(field => stamp.IsAfter(written.Of(Known(type, field.Key)))).ToList();
        if (newer.Count == 0)
            return;
        var renamed = newer.Any(field => type.NamedBy.Contains(field.Key));
        var oldName = renamed ? NameShadows.NameOf(_session, type, id) : Fields.None;
        foreach (var (field, _) in newer)
            written.Write(field, stamp);
        var sql =
            $"UPDATE {type.Name} SET stamps = @stamps{string.Concat(newer.Select(f => $", {f.Key} = @{f.Key}"))} WHERE id = @id";
        _session.Execute(sql, [("@stamps", written.ToString()), .. Values(newer), ("@id", id)]);
        if (renamed)
        {
            Shadow(type, oldName);
            Shadow(type, NameShadows.NameOf(_session, type, id));
        }

        type.Projection?.Written(change, id, [.. newer.Select(field => field.Key)]);
    }

    /// <summary>
    /// Ends an entity, its holds and the pairs it is half of; nothing happens when it is gone already.
    /// </summary>
    public void Delete(EntityType type, string id)
    {
        if (!Exists(type, id))
            return;
        var name = NameShadows.NameOf(_session, type, id);
        foreach (var pair in catalog.PairsWith(type))
        {
            if (pair.Projection is { } projection)
                PairsOf(pair, type, id).ForEach(one => projection.Deleting(change, one));
            _session.Execute(
                $"DELETE FROM hold WHERE entity = @pair AND subject IN (SELECT id FROM {pair.Name} WHERE {type.Name} = @id)",
                ("@pair", pair.Name),
                ("@id", id)
            );
            _session.Execute($"DELETE FROM {pair.Name} WHERE {type.Name} = @id", ("@id", id));
        }

        _session.Execute("DELETE FROM hold WHERE entity = @type AND subject = @id", ("@type", type.Name), ("@id", id));
        type.Projection?.Deleting(change, id);
        _session.Execute($"DELETE FROM {type.Name} WHERE id = @id", ("@id", id));
        Shadow(type, name);
    }

    /// <summary>Brings the column <c>held</c> in line with the holds there are.</summary>
    public void CountHolds(EntityType type, string id)
    {
        _session.Execute(
            $"""
            UPDATE {type.Name} SET held = (SELECT count(*) FROM hold WHERE entity = @type AND subject = @id) WHERE id = @id
            """,
            ("@type", type.Name),
            ("@id", id)
        );
        type.Projection?.Written(change, id, []);
    }

    private void Shadow(EntityType type, IReadOnlyDictionary<string, object?> name)
    {
        if (_shadows.Recompute(type, name) is { } several)
            type.Projection?.Shadowed(change, several.Visible, several.Shadowed);
    }

    private List<string> PairsOf(EntityType pair, EntityType half, string id)
    {
        var ids = new List<string>();
        using var row = _session.Query($"SELECT id FROM {pair.Name} WHERE {half.Name} = @id ORDER BY id", ("@id", id));
        while (row.Read())
            ids.Add(row.GetString(0));
        return ids;
    }

    private bool Exists(EntityType type, string id) =>
        _session.Scalar($"SELECT 1 FROM {type.Name} WHERE id = @id", ("@id", id)) is not null;

    /// <summary>Column names come into SQL text, so only declared ones may.</summary>
    private static string Known(EntityType type, string field) =>
        type.Fields.Contains(field)
            ? field
            : throw new StoreException(
                StoreError.UnknownOperation,
                $"this version does not know field '{field}' of {type.Name}; update it"
            );

    private static IEnumerable<(string, object?)> Values(IEnumerable<KeyValuePair<string, object?>> set) =>
        set.Select(field => ("@" + field.Key, field.Value));
}
