using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EPortal.Blobs;

namespace EPortal.Data;

/// <summary>
/// What is set while the portal runs: <c>config/config.json</c>, a section a feature. Several processes read and write it, so it
/// is read anew whenever it has changed and written whole; sections that nobody here knows stay.
/// </summary>
/// <param name="path">The file; it need not be there.</param>
internal sealed class RuntimeSettings(string path)
{
    private const int MaxLength = 1024 * 1024;

    /// <summary>Member of each section that is another after each saving, so that forms see whether somebody else saved meanwhile.</summary>
    private const string Saving = "saving";
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true };

    private readonly Lock _gate = new();
    private (FileStamp? Stamp, JsonObject All)? _read;

    /// <summary>Changes whenever the file does; null while there is none.</summary>
    public FileStamp? Stamp => NativeFile.StampOrNull(path);

    /// <summary>A section; null when there is none.</summary>
    /// <exception cref="StoreException">The file cannot be read or is not JSON.</exception>
    public JsonObject? SectionOrNull(string name)
    {
        lock (_gate)
        {
            // Taken before the file is read: what is written meanwhile is read the next time.
            var stamp = Stamp;
            if (_read is not { } read || read.Stamp != stamp)
                _read = read = (stamp, Read());
            return read.All[name]?.DeepClone() as JsonObject;
        }
    }

    /// <summary>Which saving a section comes from; empty when there is none, or it was written by hand.</summary>
    /// <exception cref="StoreException">The file cannot be read or is not JSON.</exception>
    public string SavingOf(string name) => SectionOrNull(name)?[Saving] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    /// <summary>Writes a section, or removes it when null.</summary>
    /// <exception cref="StoreException">The file cannot be read or written.</exception>
    public void Save(string name, JsonObject? section)
    {
        using var alone = FileLock.Acquire(path + ".lock");
        var all = Read();
        all.Remove(name);
        if (section is not null)
        {
            section[Saving] = Guid.NewGuid().ToString("N");
            all.Add(name, section);
        }

        DurableFile.Write(path, Encoding.UTF8.GetBytes(all.ToJsonString(s_readable) + "\n"));
    }

    private JsonObject Read()
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return [];
            if (file.Length <= MaxLength && JsonNode.Parse(File.ReadAllText(path)) is JsonObject all)
                return all;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreError.Unusable, $"{path} cannot be read: {e.Message}", e);
        }

        throw new StoreException(StoreError.Unusable, $"{path} is not a JSON object of at most {MaxLength} bytes.");
    }
}
