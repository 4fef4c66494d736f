using System.Text.Json;

namespace EPortal.Format;

/// <summary>Reads and writes <c>bundle.json</c>.</summary>
internal static class BundleJson
{
    private const int MaxKnown = 1_000_000;

    private static readonly string[] Fields = ["format", "created", "patchsets", "known", "index"];
    private static readonly string[] KnownFields = ["product", "name", "manifest_sha256"];
    private static readonly string[] FileFields = ["size", "sha256"];

    public static BundleContents Read(ReadOnlyMemory<byte> json) =>
        JsonFields.Parse(
            json,
            BundleContents.FileName,
            Fields,
            fields =>
            {
                fields.Number("format", RepositoryIndex.CurrentFormat, RepositoryIndex.CurrentFormat);
                return new BundleContents
                {
                    Created = fields.Time("created"),
                    Patchsets = RepositoryIndexReader.ReadPatchsets(fields),
                    Known = fields.Objects("known", MaxKnown, KnownFields, ReadKnown),
                    Index = fields.Has("index")
                        ? fields.Object(
                            "index",
                            FileFields,
                            file => new FileEntry(
                                file.Number("size", 1, RepositoryIndex.MaxBytes),
                                ManifestReader.ReadSha256(file, "sha256")
                            )
                        )
                        : null,
                };
            }
        );

    public static void Write(Utf8JsonWriter json, BundleContents contents)
    {
        json.WriteStartObject();
        json.WriteNumber("format", RepositoryIndex.CurrentFormat);
        json.WriteString("created", ManifestWriter.Time(contents.Created));
        RepositoryIndexWriter.WritePatchsets(json, contents.Patchsets);
        json.WriteStartArray("known");
        foreach (var known in contents.Known)
        {
            json.WriteStartObject();
            json.WriteString("product", known.Product.Token());
            json.WriteString("name", known.Name);
            json.WriteString("manifest_sha256", known.ManifestSha256);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (contents.Index is { } index)
        {
            json.WriteStartObject("index");
            json.WriteNumber("size", index.Size);
            json.WriteString("sha256", index.Sha256);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static PatchsetReference ReadKnown(JsonFields fields) =>
        new(
            ManifestReader.ReadProduct(fields),
            ManifestReader.ReadName(fields, "name"),
            ManifestReader.ReadSha256(fields, "manifest_sha256")
        );
}
