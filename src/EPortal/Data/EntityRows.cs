namespace EPortal.Data;

/// <summary>The tables of replicated entities, written by what their <see cref="EntityType"/> says.</summary>
internal sealed class EntityRows(EntityCatalog catalog, Change change)
{
    private readonly NameShadows _shadows = new(change.Session);
    private readonly Session _session = change.Session;

    /// <summary>
    /// Adds the entity that <paramref name="operation"/> creates; a full merge may have brought it before.
    /// </summary>
    public void Insert(EntityType type, Operation operation)
    {
        var row = new EntityState(type.Name, operation.Id.ToString(), operation.Stamp, "", AsFields(operation.Set));
        if (Exists(type, row.Id))
            Merge(type, row);
        else
            Insert(type, row);
    }

    /// <summary>Adds an entity as another node has it.</summary>
    public void Insert(EntityType type, EntityState row)
    {
        var fields = row.Fields.Keys.Select(field => Known(type, field)).ToList();
        var sql = $"""
            INSERT INTO {type.Name} (id, stamp, stamps{string.Concat(fields.Select(f => $", {f}"))})
            VALUES (@id, @stamp, @stamps{string.Concat(fields.Select(f => $", @{f}"))})
            """;
        _session.Execute(sql, [("@id", row.Id), ("@stamp", row.Stamp), ("@stamps", row.Stamps), .. Values(row.Fields)]);
        Shadow(type, row.Fields);
        type.Projection?.Written(change, row.Id, fields);
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
        var stamp = new Stamp(operation.Stamp, operation.Id.Origin);
        Set(type, id, operation.Set, _ => stamp);
    }

    /// <summary>Takes over the fields that another node has written later.</summary>
    public void Merge(EntityType type, EntityState row)
    {
        var created = type.IsPair ? Stamp.Never : new Stamp(row.Stamp, EntityId.Parse(row.Id).Origin);
        var stamps = FieldStamps.Parse(created, row.Stamps);
        Set(type, row.Id, row.Fields, stamps.Of);
    }

    private void Set(
        EntityType type,
        string id,
        IReadOnlyDictionary<string, object?> fields,
        Func<string, Stamp> stampOf
    )
    {
        if (fields.Count == 0)
            return;
        var written = FieldStamps.Read(_session, type, id);
        var newer = fields.Where(field => stampOf(field.Key).IsAfter(written.Of(Known(type, field.Key)))).ToList();
        if (newer.Count == 0)
            return;
        var renamed = newer.Any(field => type.NamedBy.Contains(field.Key));
        var oldName = renamed ? NameShadows.NameOf(_session, type, id) : Fields.None;
        foreach (var (field, _) in newer)
            written.Write(field, stampOf(field));
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

    /// <summary>Adds a hold; a full merge may have brought it before.</summary>
    public void Hold(EntityType type, string hold, string subject)
    {
        _session.Execute(
            "INSERT INTO hold (id, entity, subject) VALUES (@id, @entity, @subject) ON CONFLICT (id) DO NOTHING",
            ("@id", hold),
            ("@entity", type.Name),
            ("@subject", subject)
        );
        CountHolds(type, subject);
    }

    /// <summary>Removes a hold; nothing happens when it is gone already.</summary>
    public void Release(EntityType type, string hold)
    {
        if (_session.Scalar("SELECT subject FROM hold WHERE id = @id", ("@id", hold)) is not string subject)
            return;
        _session.Execute("DELETE FROM hold WHERE id = @id", ("@id", hold));
        CountHolds(type, subject);
    }

    /// <summary>Brings the column <c>held</c> in line with the holds there are.</summary>
    private void CountHolds(EntityType type, string id)
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

    /// <summary>Whether an entity lives here.</summary>
    public bool Exists(EntityType type, string id) =>
        _session.Scalar($"SELECT 1 FROM {type.Name} WHERE id = @id", ("@id", id)) is not null;

    /// <summary>Column names come into SQL text, so only declared ones may.</summary>
    private static string Known(EntityType type, string field) =>
        type.Fields.Contains(field)
            ? field
            : throw new StoreException(
                StoreError.UnknownOperation,
                $"this version does not know field '{field}' of {type.Name}; update it"
            );

    private static Fields AsFields(IReadOnlyDictionary<string, object?> set)
    {
        if (set is Fields fields)
            return fields;
        var copy = new Fields();
        foreach (var (name, value) in set)
            copy[name] = value;
        return copy;
    }

    private static IEnumerable<(string, object?)> Values(IEnumerable<KeyValuePair<string, object?>> set) =>
        set.Select(field => ("@" + field.Key, field.Value));
}
