using System.Text.Json;
using System.Text.Json.Serialization;

namespace EPortal.AgentClient.Wire;

/// <summary>
/// Serializer of the agents' JSON (RFC 8259): names in snake_case, absent optional fields left out. Reading
/// throws <see cref="JsonException"/> (its path names the field) on a wrong type, null for what may not be
/// null, a name given twice, or nesting beyond 16; unknown fields are ignored. Members of lists
/// may still be null. (Properties with a default have a setter: the generated reader would put null into an
/// absent one that can only be initialized.)
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    MaxDepth = 16
)]
[JsonSerializable(typeof(CheckInRequest))]
[JsonSerializable(typeof(CheckInAnswer))]
[JsonSerializable(typeof(BuildIdsRequest))]
[JsonSerializable(typeof(BuildIdsAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
public sealed partial class AgentJson : JsonSerializerContext;
