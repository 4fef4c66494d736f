using System.Text.Json;

namespace EPortal.Format;

/// <summary>A patchset by what it holds.</summary>
/// <param name="Product">What it patches.</param>
/// <param name="Name">Its name.</param>
/// <param name="ManifestSha256">SHA-256 of its manifest, lower-case hex.</param>
public sealed record PatchsetReference(Product Product, string Name, string ManifestSha256);

/// <summary>What a bundle holds and follows: <c>bundle.json</c>.</summary>
public sealed record BundleContents
{
    /// <summary>Name of the first member.</summary>
    public const string FileName = "bundle.json";

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The patchsets in it, whose archives follow in this order.</summary>
    public required IReadOnlyList<RepositoryEntry> Patchsets { get; init; }

    /// <summary>
    /// All patchsets of the portal that made it; importing this and the earlier bundles brings all of them.
    /// </summary>
    public required IReadOnlyList<PatchsetReference> Known { get; init; }

    /// <summary>The index of that portal's patch source, where it has one.</summary>
    public FileEntry? Index { get; init; }

    /// <summary>Reads what <see cref="ToJson"/> writes.</summary>
    /// <exception cref="PatchsetException">It is malformed; the message names the field.</exception>
    public static BundleContents Parse(ReadOnlyMemory<byte> json) => BundleJson.Read(json);

    /// <summary>Writes it; the same contents always give the same bytes.</summary>
    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            BundleJson.Write(json, this);
        return buffer.ToArray();
    }
}
