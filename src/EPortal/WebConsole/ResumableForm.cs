using System.Text.Json;
using System.Text.Json.Serialization;
using EPortal.Api;
using Microsoft.AspNetCore.WebUtilities;

namespace EPortal.WebConsole;

/// <summary>
/// Marks an action whose form is kept when its sender is not logged in any more: after the login the form is shown
/// again as it was filled in, and nothing is done. Its handler does everything within <see cref="ConsoleForms.Try"/>,
/// or changes nothing at all.
/// </summary>
/// <param name="At">Address whose form shows what was kept; null for that of the action itself.</param>
internal sealed record ResumesForm(string? At);

/// <summary>
/// What somebody had typed into a form when the session ended; without passwords, files and other secrets.
/// </summary>
/// <param name="Address">Address that shows the form again; a path of the console.</param>
/// <param name="Values">Names and values of its fields.</param>
internal sealed partial record ResumableForm(string Address, IReadOnlyList<ResumableForm.Value> Values)
{
    /// <summary>Parameter that makes an action show its form with what was kept, and do nothing.</summary>
    public const string Resume = "resume_form";

    private const int MaxValues = 1000;
    private const int MaxBytes = 128 * 1024;

    /// <summary>A field.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Text">What was in it.</param>
    internal sealed record Value(string Name, string Text);

    /// <summary>
    /// What a request sends that nobody is logged in for; null when there is nothing that can be kept.
    /// </summary>
    public static async Task<ResumableForm?> ReadOrNull(HttpContext context)
    {
        var request = context.Request;
        if (
            context.GetEndpoint()?.Metadata.GetMetadata<ResumesForm>() is not { } keeps
            || request.ContentLength is null or 0 or > MaxBytes
            || !IsOfItsKind(request)
            || AddressOf(keeps, request) is not { } address
        )
            return null;
        try
        {
            using var reader = new FormReader(request.Body) { ValueCountLimit = MaxValues };
            var form = await reader.ReadFormAsync(context.RequestAborted);
            var values = form.SelectMany(field => field.Value.Select(text => new Value(field.Key, text ?? "")))
                .Where(value => !IsSecret(value.Name) && value.Name != Resume)
                .ToList();
            return values.Count == 0 ? null : new ResumableForm(address, values);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Reads what <see cref="ToText"/> wrote; null when it is nothing of the kind.</summary>
    public static ResumableForm? ParseOrNull(string? text)
    {
        // In JSON a character may take six.
        if (text is not { Length: > 0 and <= MaxBytes * 6 })
            return null;
        try
        {
            return
                JsonSerializer.Deserialize(text, Json.Default.ResumableForm)
                    is { Values.Count: > 0 and <= MaxValues } kept
                && LocalPath.OrNull(kept.Address) is { } address
                && kept.Values.All(value => value is { Name: not null, Text: not null } && !IsSecret(value.Name))
                ? kept with
                {
                    Address = address,
                }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>As a text for a hidden field.</summary>
    public string ToText() => JsonSerializer.Serialize(this, Json.Default.ResumableForm);

    private static string? AddressOf(ResumesForm keeps, HttpRequest request) =>
        LocalPath.OrNull(keeps.At ?? request.Path.ToUriComponent() + request.QueryString.ToUriComponent());

    /// <summary>Whether a request sends a form without files.</summary>
    public static bool IsOfItsKind(HttpRequest request) =>
        BodyKinds.Of(request) == BodyKind.Form
        && request.ContentType!.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    private static bool IsSecret(string name) =>
        name.Contains("password", StringComparison.OrdinalIgnoreCase)
        || name.Contains("secret", StringComparison.OrdinalIgnoreCase);

    [JsonSerializable(typeof(ResumableForm))]
    private sealed partial class Json : JsonSerializerContext;
}
