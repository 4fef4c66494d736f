using System.Text;
using System.Text.Json;

namespace EPortal.Data;

/// <summary>The content of an operation as it lies in the log and travels between nodes.</summary>
internal static class OperationJson
{
    /// <summary>Writes what <see cref="Read"/> reads; keys in a fixed order, what is empty left out.</summary>
    public static string Write(Operation operation)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("do", Name(operation.Kind));
            WriteList(json, "subjects", operation.Subjects);
            if (operation.Set.Count > 0)
            {
                json.WriteStartObject("set");
                foreach (var (field, value) in operation.Set)
                    WriteValue(json, field, value);
                json.WriteEndObject();
            }

            if (operation.Holds)
                json.WriteBoolean("hold", true);
            WriteList(json, "release", operation.Releases);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Reads the content of an operation.</summary>
    /// <exception cref="StoreException">It is not one that this version knows.</exception>
    public static Operation Read(EntityId id, long stamp, string entity, string content)
    {
        using var json = JsonDocument.Parse(content);
        var root = json.RootElement;
        return new Operation
        {
            Id = id,
            Stamp = stamp,
            Entity = entity,
            Kind = ParseKind(root.GetProperty("do").GetString()),
            Subjects = ReadList(root, "subjects"),
            Set = root.TryGetProperty("set", out var set) ? ReadFields(set) : Fields.None,
            Holds = root.TryGetProperty("hold", out var hold) && hold.GetBoolean(),
            Releases = ReadList(root, "release"),
        };
    }

    private static string Name(OperationKind kind) =>
        kind switch
        {
            OperationKind.Create => "create",
            OperationKind.Update => "update",
            _ => "delete",
        };

    private static OperationKind ParseKind(string? name) =>
        name switch
        {
            "create" => OperationKind.Create,
            "update" => OperationKind.Update,
            "delete" => OperationKind.Delete,
            _ => throw new StoreException(
                StoreError.UnknownOperation,
                $"this version does not know operation '{name}'; update it"
            ),
        };

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string> items)
    {
        if (items.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var item in items)
            json.WriteStringValue(item);
        json.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter json, string field, object? value)
    {
        if (value is long number)
            json.WriteNumber(field, number);
        else
            json.WriteString(field, (string?)value);
    }

    private static string[] ReadList(JsonElement root, string name) =>
        root.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];

    private static Fields ReadFields(JsonElement set)
    {
        var fields = new Fields();
        foreach (var field in set.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Number)
                fields.Add(field.Name, field.Value.GetInt64());
            else
                fields.Add(field.Name, field.Value.GetString());
        }

        return fields;
    }
}
