using System.Globalization;
using System.Text.Json;

namespace EPortal.Format;

/// <summary>Writes manifests and patch descriptions in one order of fields.</summary>
internal static class ManifestWriter
{
    public static void Write(Utf8JsonWriter json, Manifest manifest)
    {
        json.WriteStartObject();
        json.WriteNumber("format", manifest.Format);
        json.WriteString("name", manifest.Name);
        json.WriteString("product", manifest.Product.Token());
        json.WriteString("released", Time(manifest.Released));
        json.WriteString("channel", manifest.Channel);
        WriteTexts(json, "distros", manifest.Distros);
        json.WriteString("summary", manifest.Summary);
        json.WriteString("changelog", manifest.Changelog);
        json.WriteStartArray("targets");
        foreach (var target in manifest.Targets)
            Write(json, target);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, PatchDescription patch)
    {
        json.WriteStartObject();
        json.WriteNumber("format", patch.Format);
        json.WriteString("product", patch.Product.Token());
        json.WriteString("patchset", patch.Patchset);
        json.WriteString("target", patch.Target);
        json.WriteNumber("level", patch.Level);
        json.WriteString("released", Time(patch.Released));
        WriteFiles(json, patch.Files);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ManifestTarget target)
    {
        json.WriteStartObject();
        json.WriteString("id", target.Id);
        json.WriteNumber("level", target.Level);
        WriteOptional(json, "distro", target.Distro);
        WriteOptional(json, "release", target.Release);
        WriteOptional(json, "euname", target.Euname);
        WriteOptional(json, "machine", target.Machine);
        WriteTexts(json, "cves", target.Cves);
        WriteFiles(json, target.Files);
        json.WriteEndObject();
    }

    private static void WriteFiles(Utf8JsonWriter json, IReadOnlyDictionary<string, FileEntry> files)
    {
        json.WriteStartObject("files");
        foreach (var (name, entry) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(name);
            json.WriteNumber("size", entry.Size);
            json.WriteString("sha256", entry.Sha256);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
            json.WriteString(name, text);
    }

    public static string Time(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
