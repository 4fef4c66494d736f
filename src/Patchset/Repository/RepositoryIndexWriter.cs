using System.Text.Json;

namespace EPortal.Format;

/// <summary>Writes indexes of repositories in one order.</summary>
internal static class RepositoryIndexWriter
{
    public static void Write(Utf8JsonWriter json, RepositoryIndex index)
    {
        json.WriteStartObject();
        json.WriteNumber("format", RepositoryIndex.CurrentFormat);
        json.WriteNumber("version", index.Version);
        json.WriteString("generated", ManifestWriter.Time(index.Generated));
        json.WriteString("expires", ManifestWriter.Time(index.Expires));
        WritePatchsets(json, index.Patchsets);
        json.WriteEndObject();
    }

    public static void WritePatchsets(Utf8JsonWriter json, IReadOnlyList<RepositoryEntry> patchsets)
    {
        json.WriteStartObject("patchsets");
        foreach (var product in patchsets.GroupBy(entry => entry.Product).OrderBy(product => product.Key))
        {
            json.WriteStartArray(product.Key.Token());
            foreach (
                var entry in product
                    .OrderBy(entry => entry.Released)
                    .ThenBy(entry => entry.Name, StringComparer.Ordinal)
            )
                Write(json, entry);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RepositoryEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("name", entry.Name);
        json.WriteString("released", ManifestWriter.Time(entry.Released));
        json.WriteString("channel", entry.Channel);
        ManifestWriter.WriteTexts(json, "distros", entry.Distros);
        json.WriteString("archive", entry.Archive);
        json.WriteNumber("size", entry.Size);
        json.WriteString("sha256", entry.Sha256);
        json.WriteString("manifest_sha256", entry.ManifestSha256);
        json.WriteString("state", entry.State.Token());
        json.WriteEndObject();
    }
}
