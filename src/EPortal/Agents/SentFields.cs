using System.Globalization;
using System.Text.Json;

namespace EPortal.Agents;

/// <summary>
/// The fields of a JSON object that a host sent. A value of the wrong type is converted if possible, else dropped.
/// </summary>
internal sealed class SentFields
{
    private readonly Dictionary<string, JsonElement?> _values = new(StringComparer.Ordinal);
    private readonly DroppedFields _dropped;
    private readonly string _prefix;

    /// <summary>Reads them.</summary>
    /// <param name="fields">The object.</param>
    /// <param name="dropped">Records what cannot be kept.</param>
    /// <param name="prefix">Prefix of their names there.</param>
    public SentFields(JsonElement fields, DroppedFields dropped, string prefix = "")
    {
        (_dropped, _prefix) = (dropped, prefix);
        foreach (var field in fields.EnumerateObject())
        {
            if (NameOrNull(field) is { } name && !_values.TryAdd(name, field.Value))
                _values[name] = null;
        }
    }

    /// <summary>Whether a name was given more than once.</summary>
    public bool IsRepeated(string name) => _values.TryGetValue(name, out var value) && value is null;

    /// <summary>A text, or a number as its digits; null when there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="optional">Whether JSON's null stands for none.</param>
    public string? Text(string name, bool optional = false)
    {
        if (Find(name, optional) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number)
        {
            _dropped.IsAdapted = true;
            return value.GetRawText();
        }

        return value.ValueKind == JsonValueKind.String && TextOrNull(value) is { } text
            ? text
            : Drop<string>(name, "is not text");
    }

    /// <summary>A number from 0 to <paramref name="most"/>, as such or as a text; null when there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="most">The largest.</param>
    /// <param name="cut">Whether a fraction is cut off.</param>
    /// <param name="optional">Whether JSON's null stands for none.</param>
    public long? Number(string name, long most, bool cut, bool optional = false)
    {
        if (Find(name, optional) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole))
            return InRange(name, whole, most);
        var text = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.String => TextOrNull(value),
            _ => null,
        };
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return Drop(name, value.ValueKind == JsonValueKind.Number ? "is out of range" : "is not a number");
        if (number != decimal.Truncate(number) && !cut)
            return Drop(name, "is not a whole number");
        _dropped.IsAdapted = true;
        return InRange(name, number, most);
    }

    /// <summary>An object; null when there is none.</summary>
    public SentFields? Object(string name) =>
        Find(name, optional: true) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Object } value => new SentFields(value, _dropped, $"{name}."),
            _ => Drop<SentFields>(name, "is not an object"),
        };

    /// <summary>A list; null when there is none.</summary>
    public JsonElement? List(string name) =>
        Find(name, optional: false) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Array } value => value,
            _ => Dropped(name, "is not a list"),
        };

    /// <summary>The text of an element; null where it holds what is no Unicode, or is none.</summary>
    public static string? TextOrNull(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // Half a character, as bytes or as an escape; detected only on reading.
        }
    }

    private static string? NameOrNull(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            return null; // Not one of our names.
        }
    }

    private JsonElement? Find(string name, bool optional)
    {
        if (!_values.TryGetValue(name, out var value))
            return null;
        if (value is null)
            return Dropped(name, "is given more than once");
        if (value is { ValueKind: JsonValueKind.Null })
            return optional ? null : Dropped(name, "is null");
        return value;
    }

    private long? InRange(string name, decimal number, long most) =>
        number switch
        {
            < 0 => Drop(name, "is negative"),
            _ when number > most => Drop(name, "is out of range"),
            _ => (long)number,
        };

    private JsonElement? Dropped(string name, string why)
    {
        _dropped.Add(_prefix + name, why);
        return null;
    }

    private long? Drop(string name, string why)
    {
        _dropped.Add(_prefix + name, why);
        return null;
    }

    private T? Drop<T>(string name, string why)
        where T : class
    {
        _dropped.Add(_prefix + name, why);
        return null;
    }
}
