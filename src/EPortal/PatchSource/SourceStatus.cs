using System.Globalization;
using System.Text.Json.Serialization;
using EPortal.Data;

namespace EPortal.PatchSource;

/// <summary>
/// State of the patch source, for programs; <c>error</c> is the code of what failed, <c>own_key</c> what portals
/// that fetch from this one must trust.
/// </summary>
internal sealed record SourceStatus(
    string? Url,
    long? Version,
    string? Expires,
    string? At,
    string? SucceededAt,
    string? Error,
    string? Message,
    string OwnKey
)
{
    /// <summary>As the store has it.</summary>
    /// <param name="database">The store.</param>
    /// <param name="url">The source that is set; null for none.</param>
    /// <param name="ownKey">This portal's public key.</param>
    public static SourceStatus Read(Database database, Uri? url, string ownKey)
    {
        var (state, index) = database.Read(session =>
            (SourceStore.StateOrNull(session), SourceStore.ExpiryOrNull(session))
        );
        return new SourceStatus(
            url?.ToString(),
            index?.Version,
            Text(index?.Expires),
            Text(state?.At),
            Text(state?.SucceededAt),
            state?.Error,
            state?.Message,
            ownKey
        );
    }

    private static string? Text(DateTimeOffset? time) =>
        time?.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}

/// <summary>Its JSON.</summary>
[JsonSerializable(typeof(SourceStatus))]
[JsonSerializable(typeof(SourceFinding))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
internal sealed partial class SourceStatusJson : JsonSerializerContext;
