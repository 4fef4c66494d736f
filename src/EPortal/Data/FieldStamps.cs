using System.Text.Json;

namespace EPortal.Data;

/// <summary>When each field of an entity was last written. Fields not named were written at its creation.</summary>
internal sealed class FieldStamps
{
    private readonly SortedDictionary<string, string> _fields;
    private readonly Stamp _created;

    private FieldStamps(Stamp created, SortedDictionary<string, string> fields) =>
        (_created, _fields) = (created, fields);

    /// <summary>Reads those of a living entity.</summary>
    public static FieldStamps Read(Session session, EntityType type, string id)
    {
        using var row = session.Query($"SELECT stamp, stamps FROM {type.Name} WHERE id = @id", ("@id", id));
        row.Read();
        var created = type.IsPair ? Stamp.Never : new Stamp(row.GetInt64(0), EntityId.Parse(id).Origin);
        return Parse(created, row.GetString(1));
    }

    /// <summary>Reads the text that <see cref="ToString"/> writes.</summary>
    public static FieldStamps Parse(Stamp created, string stamps) =>
        new(
            created,
            stamps.Length == 0
                ? []
                : JsonSerializer.Deserialize(stamps, StoreJson.Default.SortedDictionaryStringString)!
        );

    /// <summary>When <paramref name="field"/> was last written.</summary>
    public Stamp Of(string field) => _fields.TryGetValue(field, out var stamp) ? Stamp.Parse(stamp) : _created;

    /// <summary>Notes a write.</summary>
    public void Write(string field, Stamp stamp) => _fields[field] = stamp.ToString();

    /// <inheritdoc/>
    public override string ToString() =>
        JsonSerializer.Serialize(_fields, StoreJson.Default.SortedDictionaryStringString);
}
