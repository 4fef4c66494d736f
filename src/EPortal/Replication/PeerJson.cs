using System.Text.Json.Serialization;

namespace EPortal.Replication;

/// <summary>Serializer of what the table of peers holds.</summary>
[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class PeerJson : JsonSerializerContext;
