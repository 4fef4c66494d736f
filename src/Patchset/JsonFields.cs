using System.Globalization;
using System.Text.Json;

namespace EPortal.Format;

/// <summary>Reads the fields of a JSON object strictly; errors name the field.</summary>
internal readonly struct JsonFields
{
    private const int MaxDepth = 8;
    private const int MaxText = 256;

    private readonly JsonElement _object;
    private readonly string _where;

    private JsonFields(JsonElement element, string where, ReadOnlySpan<string> known)
    {
        (_object, _where) = (element, where);
        if (element.ValueKind != JsonValueKind.Object)
            throw Bad(where.Length == 0 ? "the top level" : where, "must be an object");
        foreach (var field in element.EnumerateObject())
        {
            if (!known.Contains(field.Name))
                throw Bad(Path(Shown(field.Name)), "is not a known field");
        }
    }

    /// <summary>Parses <paramref name="json"/> and hands its fields to <paramref name="read"/>.</summary>
    /// <exception cref="PatchsetException">It is not such an object.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> json, string what, string[] known, Func<JsonFields, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(
                json,
                new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false }
            );
            return read(new JsonFields(document.RootElement, "", known));
        }
        catch (JsonException e)
        {
            throw new PatchsetException(
                PatchsetErrorCode.BadManifest,
                $"{what} is not valid JSON near line {(e.LineNumber ?? 0) + 1}: duplicate field, too deep nesting or syntax error",
                e
            );
        }
        catch (InvalidOperationException e)
        {
            // JsonElement throws this for invalid Unicode: bytes that are not UTF-8, half a surrogate pair.
            throw new PatchsetException(
                PatchsetErrorCode.BadManifest,
                $"{what} contains text that is not valid Unicode",
                e
            );
        }
        catch (PatchsetException e)
            when (e.Code == PatchsetErrorCode.BadManifest && !e.Message.StartsWith(what, StringComparison.Ordinal))
        {
            throw new PatchsetException(e.Code, $"{what}: {e.Message}", e);
        }
    }

    /// <summary>A text of at most <paramref name="max"/> characters.</summary>
    public string Text(string name, int max = MaxText, bool lines = false) =>
        TextOrNull(name, max, lines) ?? throw Bad(Path(name), "is missing");

    /// <summary>A text, or null where there is none.</summary>
    public string? TextOrNull(string name, int max = MaxText, bool lines = false)
    {
        if (!_object.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.String)
            throw Bad(Path(name), "must be a string");
        var text = value.GetString()!;
        if (text.Length > max)
            throw Bad(Path(name), $"must be at most {max} characters");
        if (text.Any(c => char.IsControl(c) && !(lines && c is '\n' or '\r' or '\t')))
            throw Bad(Path(name), "must not contain control characters");
        return text;
    }

    /// <summary>A whole number in a range.</summary>
    public long Number(string name, long min, long max) =>
        !_object.TryGetProperty(name, out var value) ? throw Bad(Path(name), "is missing")
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= min && number <= max
            ? number
        : throw Bad(Path(name), $"must be a whole number from {min} to {max}");

    /// <summary>A time in RFC 3339 form, UTC.</summary>
    public DateTimeOffset Time(string name)
    {
        var text = Text(name);
        return
            text.EndsWith('Z')
            && DateTimeOffset.TryParseExact(
                text,
                ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"],
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var time
            )
            ? time
            : throw Bad(Path(name), "must be a time in RFC 3339 form, UTC, such as 2025-11-12T06:00:00Z");
    }

    /// <summary>A list of texts of a form.</summary>
    public IReadOnlyList<string> Texts(string name, int max, Func<string, bool> isValid, string form)
    {
        if (!_object.TryGetProperty(name, out var value))
            return [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > max)
            throw Bad(Path(name), $"must be a list of at most {max}");
        var texts = new List<string>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            texts.Add(
                item.ValueKind == JsonValueKind.String && isValid(item.GetString()!)
                    ? item.GetString()!
                    : throw Bad($"{Path(name)}[{texts.Count}]", $"must be {form}")
            );
        }

        return texts;
    }

    /// <summary>Whether there is a field of that name.</summary>
    public bool Has(string name) => _object.TryGetProperty(name, out _);

    /// <summary>An object.</summary>
    public T Object<T>(string name, string[] known, Func<JsonFields, T> read) =>
        _object.TryGetProperty(name, out var value)
            ? read(new JsonFields(value, Path(name), known))
            : throw Bad(Path(name), "is missing");

    /// <summary>A list of objects.</summary>
    public List<T> Objects<T>(string name, int max, string[] known, Func<JsonFields, T> read)
    {
        if (!_object.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Array)
            throw Bad(Path(name), "must be a list");
        if (value.GetArrayLength() > max)
            throw new PatchsetException(PatchsetErrorCode.LimitExceeded, $"{Path(name)} has more than {max} entries");
        var items = new List<T>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
            items.Add(read(new JsonFields(item, $"{Path(name)}[{items.Count}]", known)));
        return items;
    }

    /// <summary>An object whose names are data.</summary>
    public Dictionary<string, T> Map<T>(
        string name,
        int max,
        Func<string, bool> isValid,
        string[] known,
        Func<JsonFields, T> read
    )
    {
        if (!_object.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Object)
            throw Bad(Path(name), "must be an object");
        var map = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var field in value.EnumerateObject())
        {
            if (!isValid(field.Name))
                throw Bad($"{Path(name)}.{Shown(field.Name)}", "is not an accepted file name");
            if (map.Count == max)
                throw Bad(Path(name), $"must have at most {max} entries");
            map.Add(field.Name, read(new JsonFields(field.Value, $"{Path(name)}.{field.Name}", known)));
        }

        return map;
    }

    /// <summary>What to throw for a field of this object.</summary>
    public PatchsetException Bad(string name, string what, bool relative) => Bad(relative ? Path(name) : name, what);

    private static PatchsetException Bad(string where, string what) =>
        new(PatchsetErrorCode.BadManifest, $"{where} {what}");

    private string Path(string name) => _where.Length == 0 ? name : $"{_where}.{name}";

    /// <summary>A name from outside, made safe for a message.</summary>
    private static string Shown(string name) =>
        new([.. name.Take(64).Select(c => char.IsControl(c) || c > '~' ? '?' : c)]);
}
