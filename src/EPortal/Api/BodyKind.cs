using EPortal.Data;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace EPortal.Api;

/// <summary>What kind of body a request has, by its Content-Type (RFC 9110, 8.3).</summary>
internal enum BodyKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>A form, URL-encoded or multipart.</summary>
    Form,

    /// <summary>JSON in UTF-8.</summary>
    Json,

    /// <summary>It has no Content-Type.</summary>
    Untyped,

    /// <summary>Something that calls do not understand.</summary>
    Unknown,
}

/// <summary>
/// Tells the kinds of bodies apart, and refuses those that are not understood: what they ask for must not be passed
/// over.
/// </summary>
internal static class BodyKinds
{
    /// <summary>The kind of a request's body. A body that turns out empty is of any kind.</summary>
    public static BodyKind Of(HttpRequest request)
    {
        if (
            request.ContentLength == 0
            || request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }
        )
            return BodyKind.None;
        if (!IsPlain(request))
            return BodyKind.Unknown;
        if (string.IsNullOrWhiteSpace(request.ContentType))
            return BodyKind.Untyped;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
            return BodyKind.Unknown;
        var charset = HeaderUtilities.RemoveQuotes(type.Charset).ToString().ToUpperInvariant();
        return request.HasFormContentType && (IsUtf8(charset) || charset == "ISO-8859-1") ? BodyKind.Form
            : IsJson(type) && IsUtf8(charset) ? BodyKind.Json
            : BodyKind.Unknown;
    }

    /// <summary>
    /// Whether the name of a field of a form is really JSON or XML that was called a form, as curl's <c>-d</c> does.
    /// </summary>
    public static bool IsDocument(string name) => name.TrimStart() is ['{' or '[' or '<', ..];

    /// <summary>Refuses a form of that kind.</summary>
    public static RefusedException FormIsDocument() =>
        new(
            Refusal.UnsupportedType,
            "the request body looks like JSON or XML but its Content-Type says form; send JSON with Content-Type: application/json"
        );

    /// <summary>Refuses a body that is not understood.</summary>
    public static RefusedException NotUnderstood() =>
        new(
            Refusal.UnsupportedType,
            "unsupported Content-Type; send a form (application/x-www-form-urlencoded, multipart/form-data) or JSON (application/json), without Content-Encoding"
        );

    private static bool IsPlain(HttpRequest request) =>
        request.Headers.ContentEncoding is { Count: 0 } or [null or "" or "identity"];

    private static bool IsJson(MediaTypeHeaderValue type) =>
        type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        || type.MediaType.Equals("text/json", StringComparison.OrdinalIgnoreCase)
        || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a charset, in capitals, is UTF-8 or a part of it; that is the one where none is named.
    /// </summary>
    private static bool IsUtf8(string charset) => charset is "" or "UTF-8" or "UTF8" or "US-ASCII";
}
