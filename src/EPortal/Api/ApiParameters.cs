using System.Globalization;
using System.Text.Json;
using EPortal.Data;

namespace EPortal.Api;

/// <summary>
/// What a call was given: by query string, form or JSON body alike, and by several of them together. A name may be repeated;
/// a value that is empty counts as not given, except where it is asked for as it is.
/// </summary>
internal sealed class ApiParameters
{
    private const int MaxValues = 1000;
    private const int MaxDepth = 3;

    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _empty = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Reads them; how minimal APIs make an argument of this type.</summary>
    /// <exception cref="RefusedException">The body is not what its type says, or there are too many values.</exception>
    public static async ValueTask<ApiParameters> BindAsync(HttpContext context)
    {
        var parameters = new ApiParameters();
        foreach (var (name, values) in context.Request.Query)
            parameters.Add(name, values);
        if (context.Request.HasFormContentType)
            await parameters.AddForm(context);
        else if (context.Request.HasJsonContentType())
            await parameters.AddJson(context);
        return parameters;
    }

    /// <summary>A value as it is, empty ones too; null when the name was not given.</summary>
    /// <exception cref="RefusedException">It was given more than once.</exception>
    public string? Raw(string name) => !_values.TryGetValue(name, out var values) ? null
        : values is [var value] ? value
        : throw Invalid($"{name} was given more than once.");

    /// <summary>A text; null when it is empty or was not given.</summary>
    public string? Text(string name) => Raw(name) is { Length: > 0 } value ? value : null;

    /// <summary>A text that must be there.</summary>
    /// <exception cref="RefusedException">It is not.</exception>
    public string Required(string name) => Text(name) ?? throw Invalid($"The parameter {name} is missing.");

    /// <summary>All values of a name, in the order given.</summary>
    public IReadOnlyList<string> Texts(string name) =>
        _values.TryGetValue(name, out var values) ? [.. values.Where(value => value.Length > 0)] : [];

    /// <summary>Whether a name was given, be it empty or a list of nothing.</summary>
    public bool Has(string name) => _values.ContainsKey(name) || _empty.Contains(name);

    /// <summary>A whole number within bounds; null when it was not given.</summary>
    /// <exception cref="RefusedException">It is no number, or out of bounds.</exception>
    public long? Number(string name, long least, long most)
    {
        if (Text(name) is not { } text)
            return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Invalid($"{name} must be a whole number from {least} to {most}.");
    }

    /// <summary>Yes or no: <c>true false 1 0 yes no on off</c> in any case; null when it was not given.</summary>
    /// <exception cref="RefusedException">It is something else.</exception>
    public bool? Flag(string name) => Text(name)?.ToUpperInvariant() switch
    {
        null => null,
        "TRUE" or "1" or "YES" or "ON" => true,
        "FALSE" or "0" or "NO" or "OFF" => false,
        _ => throw Invalid($"{name} must be true or false."),
    };

    /// <summary>An age: days, or hours with <c>h</c> behind; negative for within. Null when it was not given.</summary>
    /// <exception cref="RefusedException">It is something else, or longer than a century.</exception>
    public Age? Age(string name) => Text(name) is not { } text ? null
        : Api.Age.ParseOrNull(text) ?? throw Invalid($"{name} must be a number of days, or of hours with h behind it, such as 3, -3 or 4h.");

    /// <summary>A day, such as <c>2026-05-01</c>; null when it was not given.</summary>
    /// <exception cref="RefusedException">It is something else.</exception>
    public DateOnly? Day(string name) => Text(name) is not { } text ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : throw Invalid($"{name} must be a day, such as 2026-05-01.");

    private static RefusedException Invalid(string message) => new(Refusal.Invalid, message);

    private async Task AddForm(HttpContext context)
    {
        try
        {
            foreach (var (name, values) in await context.Request.ReadFormAsync(context.RequestAborted))
                Add(name, values);
        }
        catch (InvalidDataException e)
        {
            throw Invalid($"The form cannot be read: {e.Message}");
        }
        catch (IOException e) when (e is not BadHttpRequestException && !context.RequestAborted.IsCancellationRequested)
        {
            throw Invalid("The form ends before its end.");
        }
    }

    private async Task AddJson(HttpContext context)
    {
        if (context.Request.ContentLength == 0)
            return;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (body.Length == 0)
            return;
        try
        {
            body.Position = 0;
            using var json = await JsonDocument.ParseAsync(body, new JsonDocumentOptions { MaxDepth = MaxDepth }, context.RequestAborted);
            // Chef sends the name of its resource as a text where a recipe says nothing.
            if (json.RootElement.ValueKind is JsonValueKind.String or JsonValueKind.Null)
                return;
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw Invalid("The body must be a JSON object.");
            foreach (var property in json.RootElement.EnumerateObject())
                Add(property);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter: bytes or escapes within a text that are no Unicode, which are found only when it is read.
            throw Invalid("The body is not JSON in UTF-8, or nested too deeply.");
        }
    }

    private void Add(JsonProperty property)
    {
        var values = property.Value.ValueKind == JsonValueKind.Array ? property.Value.EnumerateArray().ToArray() : [property.Value];
        if (values.Length == 0)
            _empty.Add(property.Name);
        Add(property.Name, values.Where(value => value.ValueKind != JsonValueKind.Null).Select(value => value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => throw Invalid($"{property.Name} must be a text, a number, true, false or a list of those."),
        }));
    }

    private void Add(string name, IEnumerable<string?> values)
    {
        foreach (var value in values)
        {
            if (++_count > MaxValues)
                throw Invalid($"A call takes at most {MaxValues} values.");
            if (value?.Contains('\0') == true)
                throw Invalid($"{name} holds a NUL character.");
            if (!_values.TryGetValue(name, out var known))
                _values.Add(name, known = []);
            known.Add(value ?? "");
        }
    }
}
