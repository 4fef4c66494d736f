using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EPortal.AgentClient;

/// <summary>Reads answers up to a limit, whatever size the other side sends.</summary>
internal static class BoundedContent
{
    /// <exception cref="PortalException">Encoded, or larger than <paramref name="max"/> bytes.</exception>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage answer, int max, CancellationToken cancel)
    {
        RefuseEncoding(answer);
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        using var kept = new MemoryStream();
        var buffer = new byte[8192];
        int read;
        while ((read = await body.ReadAsync(buffer, cancel)) > 0)
        {
            if (kept.Length + read > max)
                throw new PortalException(PortalError.BadAnswer, $"the portal's answer is larger than {max} bytes");
            kept.Write(buffer, 0, read);
        }
        return kept.ToArray();
    }

    public static async Task<string> ReadTextAsync(HttpResponseMessage answer, int max, CancellationToken cancel) =>
        Encoding.UTF8.GetString(await ReadAsync(answer, max, cancel));

    public static async Task<T> ReadJsonAsync<T>(
        HttpResponseMessage answer,
        JsonTypeInfo<T> type,
        int max,
        CancellationToken cancel
    )
        where T : class
    {
        var bytes = await ReadAsync(answer, max, cancel);
        try
        {
            return JsonSerializer.Deserialize(bytes, type)
                ?? throw new PortalException(PortalError.BadAnswer, "the portal's answer is empty");
        }
        catch (JsonException e)
        {
            throw new PortalException(
                PortalError.BadAnswer,
                $"unexpected answer from the portal at {SafeText.Line(e.Path ?? "the start")}",
                e
            );
        }
    }

    /// <summary>Compression is never requested, so a compressed answer is not from a portal.</summary>
    public static void RefuseEncoding(HttpResponseMessage answer)
    {
        if (answer.Content.Headers.ContentEncoding.Any(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            throw new PortalException(
                PortalError.BadAnswer,
                "the portal's answer is compressed, which was not requested"
            );
    }
}
