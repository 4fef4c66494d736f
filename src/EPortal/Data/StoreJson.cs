using System.Text.Json.Serialization;

namespace EPortal.Data;

/// <summary>Serializers of what the store keeps as JSON.</summary>
[JsonSerializable(typeof(SortedDictionary<string, string>))]
[JsonSerializable(typeof(UserLogDetails))]
internal sealed partial class StoreJson : JsonSerializerContext;
