using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EPortal.Hosting.Service;

/// <summary>
/// A log line as a JSON object: <c>time</c> (UTC), <c>level</c> (<c>critical</c>, <c>error</c>, <c>warning</c>,
/// <c>info</c>, <c>debug</c>), <c>category</c>, <c>message</c> and, where there is one, <c>exception</c>.
/// </summary>
internal static class LogLine
{
    /// <summary>Readable, for it stands in no page.</summary>
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The line, without its end.</summary>
    public static string Json(DateTimeOffset time, LogLevel level, string category, string message, string? exception)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteString("time", time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null));
            json.WriteString("level", Name(level));
            json.WriteString("category", category);
            json.WriteString("message", message);
            if (exception is not null)
                json.WriteString("exception", exception);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Name(LogLevel level) =>
        level switch
        {
            LogLevel.Critical => "critical",
            LogLevel.Error => "error",
            LogLevel.Warning => "warning",
            LogLevel.Information => "info",
            _ => "debug",
        };
}
