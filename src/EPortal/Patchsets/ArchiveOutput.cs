using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>What commands on archives and keys print.</summary>
internal static partial class ArchiveOutput
{
    /// <summary>Tells of an archive that was written.</summary>
    public static void Show(CliContext context, Manifest manifest, MinisignSecretKey? key, bool json) =>
        context.Result(
            json,
            new ArchiveRow(manifest.Name, manifest.Targets.Count, key?.PublicKey.KeyId),
            ArchiveOutputJson.Default.ArchiveRow,
            $"{manifest.Name} was written, {(key is null ? "not signed" : $"signed by {key.PublicKey.KeyId}")}"
        );

    /// <summary>Tells the public half of a new key.</summary>
    public static void Show(CliContext context, MinisignPublicKey key, bool json) =>
        context.Result(
            json,
            new PublicKeyRow(key.KeyId, key.ToString()),
            ArchiveOutputJson.Default.PublicKeyRow,
            key.ToString()
        );

    /// <summary>An archive, for programs.</summary>
    internal sealed record ArchiveRow(string Patchset, int Targets, string? SignedBy);

    /// <summary>A public key, for programs.</summary>
    internal sealed record PublicKeyRow(string Id, string PublicKey);

    [JsonSerializable(typeof(ArchiveRow))]
    [JsonSerializable(typeof(PublicKeyRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class ArchiveOutputJson : JsonSerializerContext;
}
