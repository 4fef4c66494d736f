using System.Globalization;
using System.Text.Json;
using EPortal.Data;

namespace EPortal.Api;

/// <summary>
/// What a call was given: by query string, form or JSON body alike, and by several of them together. A name may be
/// repeated; a value that is empty counts as not given, except where it is asked for as it is.
/// </summary>
internal sealed class ApiParameters
{
    private const int MaxValues = 1000;
    private const int MaxDepth = 3;
    private static readonly object s_read = new();
    private const int MaxName = 100;

    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _empty = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Whether an admin gave them.</summary>
    public bool AreOfAdmin { get; private init; }

    /// <summary>Reads them, once a request; how minimal APIs make an argument of this type.</summary>
    /// <exception cref="RefusedException">The body is not what its type says, or of none that is known, or there are
    /// too many values.</exception>
    public static async ValueTask<ApiParameters> BindAsync(HttpContext context)
    {
        if (context.Items[s_read] is ApiParameters read)
            return read;
        var parameters = new ApiParameters { AreOfAdmin = FleetSecrets.AreOnPagesFor(context) };
        foreach (var (name, values) in context.Request.Query)
            parameters.Add(name, values);
        switch (BodyKinds.Of(context.Request))
        {
            case BodyKind.Form:
                await parameters.AddForm(context);
                break;
            case BodyKind.Json:
                await parameters.AddJson(context, await ReadBody(context));
                break;
            case var kind and (BodyKind.Untyped or BodyKind.Unknown):
                await parameters.AddUntyped(context, kind);
                break;
        }

        if (context.GetEndpoint()?.Metadata.GetMetadata<ApiCall>() is { } call)
            parameters.RefuseUnknown(call);
        context.Items[s_read] = parameters;
        return parameters;
    }

    /// <summary>A value as it is, empty ones too; null when the name was not given.</summary>
    /// <exception cref="RefusedException">It was given more than once.</exception>
    public string? Raw(string name) =>
        !_values.TryGetValue(name, out var values) ? null
        : values is [var value] ? value
        : throw Invalid($"{name} is given more than once");

    /// <summary>A text; null when it is empty or was not given.</summary>
    public string? Text(string name) => Raw(name) is { Length: > 0 } value ? value : null;

    /// <summary>A text that must be there.</summary>
    /// <exception cref="RefusedException">It is not.</exception>
    public string Required(string name) => Text(name) ?? throw Invalid($"parameter {name} is missing");

    /// <summary>All values of a name, in the order given.</summary>
    public IReadOnlyList<string> Texts(string name) =>
        _values.TryGetValue(name, out var values) ? [.. values.Where(value => value.Length > 0)] : [];

    /// <summary>Whether a name was given, be it empty or a list of nothing.</summary>
    public bool Has(string name) => _values.ContainsKey(name) || _empty.Contains(name);

    /// <summary>A whole number within bounds; null when it was not given.</summary>
    /// <exception cref="RefusedException">It is no number, or out of bounds.</exception>
    public long? Number(string name, long least, long most) =>
        Text(name) is { } text ? Number(text, name, least, most) : null;

    /// <summary>A whole number as it was typed.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="what">What people know it as, such as <c>the server limit</c>.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The most that it may be.</param>
    /// <exception cref="RefusedException">It is no number, or out of bounds.</exception>
    public static long Number(string text, string what, long least, long most) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && number >= least
        && number <= most
            ? number
            : throw Invalid($"{what} must be a whole number from {least} to {most}");

    /// <summary>Yes or no: <c>true false 1 0 yes no on off</c> in any case; null when it was not given.</summary>
    /// <exception cref="RefusedException">It is something else.</exception>
    public bool? Flag(string name) =>
        Text(name)?.ToUpperInvariant() switch
        {
            null => null,
            "TRUE" or "1" or "YES" or "ON" => true,
            "FALSE" or "0" or "NO" or "OFF" => false,
            _ => throw Invalid($"{name} must be true or false"),
        };

    /// <summary>An age: days, or hours with <c>h</c> behind; negative for within. Null when it was not given.</summary>
    /// <exception cref="RefusedException">It is something else, or longer than a century.</exception>
    public Age? Age(string name) =>
        Text(name) is not { } text
            ? null
            : Api.Age.ParseOrNull(text) ?? throw Invalid($"invalid {name}: use days (3 or -3) or hours (4h)");

    /// <summary>A day, such as <c>2026-05-01</c>; null when it was not given.</summary>
    /// <exception cref="RefusedException">It is something else.</exception>
    public DateOnly? Day(string name) =>
        Text(name) is not { } text ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
        : throw Invalid($"invalid {name}: use a day such as 2026-05-01");

    /// <summary>A name that was misspelt may have been meant to limit what is changed.</summary>
    private void RefuseUnknown(ApiCall call)
    {
        var unknown = _values
            .Keys.Concat(_empty)
            .FirstOrDefault(name => call.Parameters.All(parameter => parameter.Name != name));
        if (unknown is not null)
            throw Invalid(
                call.Parameters.Count == 0
                    ? $"unknown parameter '{unknown}': this call has none"
                    : $"unknown parameter '{unknown}': use {string.Join(", ", call.Parameters.Select(parameter => parameter.Name))}"
            );
    }

    private static RefusedException Invalid(string message) => new(Refusal.Invalid, message);

    private async Task AddForm(HttpContext context)
    {
        var form = await RequestBody.Read(
            context,
            cancel => new ValueTask<IFormCollection>(context.Request.ReadFormAsync(cancel))
        );
        if (form.Keys.Any(BodyKinds.IsDocument))
            throw BodyKinds.FormIsDocument();
        if (form.Files.Count > 0)
            throw Invalid("unexpected file in the form");
        if (
            form.Count == 1
            && form.Single() is { Key: { Length: > 0 } text, Value: [null or ""] }
            && IsTextAlone(context, text)
        )
            return;
        foreach (var (name, values) in form)
            Add(name, values);
    }

    private static async Task<MemoryStream> ReadBody(HttpContext context)
    {
        var body = new MemoryStream();
        return await RequestBody.Read(
            context,
            async cancel =>
            {
                await context.Request.Body.CopyToAsync(body, cancel);
                body.Position = 0;
                return body;
            }
        );
    }

    /// <summary>A body without a type may be JSON; any other is refused unless it is empty.</summary>
    private async Task AddUntyped(HttpContext context, BodyKind kind)
    {
        var body = await ReadBody(context);
        if (body.Length == 0)
            return;
        if (
            kind == BodyKind.Unknown
            || body.GetBuffer().AsSpan(0, (int)body.Length).TrimStart(" \t\r\n"u8) is not [(byte)'{', ..]
        )
            throw BodyKinds.NotUnderstood();
        await AddJson(context, body);
    }

    /// <summary>
    /// Chef sends the name of its resource as the whole body where a recipe says nothing, and all there is to say in
    /// the query string. Where nothing is said there, the body must have meant something.
    /// </summary>
    private static bool IsTextAlone(HttpContext context, string text)
    {
        if (
            context.GetEndpoint()?.Metadata.GetMetadata<ApiCall>() is not { } call
            || call.Parameters.Any(parameter => parameter.Name == text)
        )
            return false;
        return context.Request.Query.Count > 0 || call.Parameters.Count == 0
            ? true
            : throw Invalid("the request body must be a form or JSON, not plain text");
    }

    private async Task AddJson(HttpContext context, MemoryStream body)
    {
        if (body.Length == 0)
            return;
        try
        {
            using var json = await JsonDocument.ParseAsync(
                body,
                new JsonDocumentOptions { MaxDepth = MaxDepth },
                context.RequestAborted
            );
            if (json.RootElement.ValueKind is JsonValueKind.String or JsonValueKind.Null)
            {
                IsTextAlone(context, json.RootElement.GetString() ?? "");
                return;
            }

            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw Invalid("the request body must be a JSON object");
            foreach (var property in json.RootElement.EnumerateObject())
                Add(property);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter: bytes or escapes within a text that are no Unicode, which are found only when it is read.
            throw Invalid("the request body is not JSON in UTF-8, or nested too deeply");
        }
    }

    /// <summary>Names are repeated when something is wrong with their value, so they are bounded first.</summary>
    private static void CheckName(string name)
    {
        if (name.Length > MaxName)
            throw Invalid("the name of a parameter is too long");
    }

    private void Add(JsonProperty property)
    {
        CheckName(property.Name);
        var values =
            property.Value.ValueKind == JsonValueKind.Array
                ? property.Value.EnumerateArray().ToArray()
                : [property.Value];
        if (values.Length == 0)
            _empty.Add(property.Name);
        Add(
            property.Name,
            values
                .Where(value => value.ValueKind != JsonValueKind.Null)
                .Select(value =>
                    value.ValueKind switch
                    {
                        JsonValueKind.String => value.GetString()!,
                        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
                        _ => throw Invalid(
                            $"{property.Name} must be a string, a number, true, false or a list of those"
                        ),
                    }
                )
        );
    }

    private void Add(string name, IEnumerable<string?> values)
    {
        CheckName(name);
        foreach (var value in values)
        {
            if (++_count > MaxValues)
                throw Invalid($"a call takes at most {MaxValues} values");
            if (value?.Contains('\0') == true)
                throw Invalid($"{name} contains a NUL character");
            if (!_values.TryGetValue(name, out var known))
                _values.Add(name, known = []);
            known.Add(value ?? "");
        }
    }
}
