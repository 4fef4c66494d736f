using System.Text.Json;
using System.Text.Json.Serialization;

namespace EPortal.Patchsets;

/// <summary>A file of a patch: name, bytes, lower-case hex of its SHA-256.</summary>
internal sealed record PatchFile(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("sha256")] string Sha256
);

/// <summary>The list of a patch's files as the store keeps it.</summary>
internal static partial class PatchFiles
{
    /// <summary>Writes what <see cref="Parse"/> reads.</summary>
    public static string ToJson(IEnumerable<PatchFile> files) =>
        JsonSerializer.Serialize([.. files], PatchFilesJson.Default.PatchFileArray);

    /// <summary>Reads a list.</summary>
    public static PatchFile[] Parse(string json) =>
        JsonSerializer.Deserialize(json, PatchFilesJson.Default.PatchFileArray)!;

    [JsonSerializable(typeof(PatchFile[]))]
    private sealed partial class PatchFilesJson : JsonSerializerContext;
}
