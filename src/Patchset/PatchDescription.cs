using System.Text.Json;

namespace EPortal.Format;

/// <summary>
/// One patch by itself, <c>patch.json</c>: with its signature an agent or a cache can check the patch without the whole
/// manifest.
/// </summary>
public sealed record PatchDescription
{
    /// <summary>Its name beside the files it describes.</summary>
    public const string FileName = "patch.json";

    /// <summary>Name of its signature.</summary>
    public const string SignatureFileName = "patch.json.minisig";

    /// <summary>Format: 1.</summary>
    public int Format { get; init; } = Manifest.CurrentFormat;

    /// <summary>What it patches.</summary>
    public required Product Product { get; init; }

    /// <summary>The patchset it belongs to.</summary>
    public required string Patchset { get; init; }

    /// <summary>What it fits.</summary>
    public required string Target { get; init; }

    /// <summary>Its level.</summary>
    public required int Level { get; init; }

    /// <summary>When the patchset was released, UTC.</summary>
    public required DateTimeOffset Released { get; init; }

    /// <summary>Its files by name, without the description and its signature.</summary>
    public required IReadOnlyDictionary<string, FileEntry> Files { get; init; }

    /// <summary>Reads and checks a description.</summary>
    /// <exception cref="PatchsetException">It is malformed; the message names the field.</exception>
    public static PatchDescription Parse(ReadOnlyMemory<byte> json, PatchsetLimits limits) =>
        ManifestReader.ReadDescription(json, limits);

    /// <summary>The description of a target of a manifest.</summary>
    public static PatchDescription Of(Manifest manifest, ManifestTarget target) =>
        new()
        {
            Product = manifest.Product,
            Patchset = manifest.Name,
            Target = target.Id,
            Level = target.Level,
            Released = manifest.Released,
            Files = target
                .Files.Where(file => file.Key is not (FileName or SignatureFileName))
                .ToDictionary(StringComparer.Ordinal),
        };

    /// <summary>Whether the two describe the same patch.</summary>
    public bool Agrees(PatchDescription other) =>
        (Format, Product, Patchset, Target, Level, Released)
            == (other.Format, other.Product, other.Patchset, other.Target, other.Level, other.Released)
        && Files.Count == other.Files.Count
        && Files.All(file => other.Files.TryGetValue(file.Key, out var entry) && entry == file.Value);

    /// <summary>Writes what <see cref="Parse"/> reads; the same description always gives the same bytes.</summary>
    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            ManifestWriter.Write(json, this);
        return buffer.ToArray();
    }
}
