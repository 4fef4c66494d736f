using System.Text.Json;
using System.Text.Json.Serialization;

namespace EPortal.Servers.CheckIns;

/// <summary>What a host says of itself, as it waits in the log.</summary>
/// <param name="EntityId">Id of the host as the store sees it; its number may be another host's by the time this is
/// taken in.</param>
/// <param name="Uptime">Seconds since it booted.</param>
/// <param name="Digest">Of all it said but the uptime; 0 for none.</param>
/// <param name="Facts">What it says.</param>
internal sealed record PendingFacts(string EntityId, long Uptime, long Digest, ServerFacts Facts)
{
    /// <summary>The uptime of its check-in before; known on the writer.</summary>
    [JsonIgnore]
    public long Was { get; set; }

    /// <summary>All of it as the log has it. Whoever records it makes this, so that the writer need not.</summary>
    [JsonIgnore]
    public byte[] Json => field ??= JsonSerializer.SerializeToUtf8Bytes(this, PendingFactsJson.Default.PendingFacts);
}

/// <summary>Serializer of what waits in the log.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(PendingFacts))]
internal sealed partial class PendingFactsJson : JsonSerializerContext;
