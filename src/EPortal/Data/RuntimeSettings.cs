using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EPortal.Blobs;

namespace EPortal.Data;

/// <summary>
/// What is set while the portal runs, a section a feature. The store has it, so it changes in the same transaction as
/// its line in the user log. <c>config/config.json</c> is a copy: written after each commit, read at the start for
/// sections that the store does not have.
/// </summary>
internal sealed class RuntimeSettings
{
    private const int MaxLength = 1024 * 1024;
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true };

    private readonly Database _database;
    private readonly string _copy;
    private readonly string? _unread;
    private volatile Snapshot? _snapshot;

    /// <summary>Opens it and takes over from the copy what the store does not have.</summary>
    /// <param name="database">The store.</param>
    /// <param name="copy">Path of the copy; it need not be there.</param>
    /// <exception cref="StoreException">The store cannot be written.</exception>
    public RuntimeSettings(Database database, string copy)
    {
        (_database, _copy) = (database, copy);
        try
        {
            TakeOver(ReadCopy());
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            _unread = $"cannot read {copy}: {e.Message}";
        }
    }

    /// <summary>A section as committed; null where none is set.</summary>
    /// <exception cref="StoreException">The store has none and the copy cannot be read, or the store
    /// failed.</exception>
    public JsonObject? SectionOrNull(string name) =>
        Find(name)?.Value is { Length: > 0 } value ? JsonNode.Parse(value) as JsonObject : null;

    /// <summary>Which saving a section comes from; empty where it was never saved.</summary>
    /// <exception cref="StoreException">As for <see cref="SectionOrNull"/>.</exception>
    public string SavingOf(string name) => Find(name)?.Saving ?? "";

    /// <summary>A section and its saving as a change sees them, which others in the same commit may have set.</summary>
    public static (JsonObject? Section, string Saving) Read(Change change, string name)
    {
        using var row = change.Session.Query(
            "SELECT value, saving FROM runtime_setting WHERE section = @name",
            ("@name", name)
        );
        return row.Read()
            ? (row.GetString(0) is { Length: > 0 } value ? JsonNode.Parse(value) as JsonObject : null, row.GetString(1))
            : (null, "");
    }

    /// <summary>
    /// Sets a section, or sets it back when null. <see cref="WriteCopy"/> follows when the change is committed.
    /// </summary>
    public static void Set(Change change, string name, JsonObject? section) =>
        change.Session.Execute(
            """
            INSERT INTO runtime_setting (section, value, saving) VALUES (@name, @value, @saving)
            ON CONFLICT (section) DO UPDATE SET value = excluded.value, saving = excluded.saving
            """,
            ("@name", name),
            ("@value", section?.ToJsonString() ?? ""),
            ("@saving", Guid.NewGuid().ToString("N"))
        );

    /// <summary>
    /// Brings the copy up to date. Members of it that are no sections stay; one that is not JSON is kept beside it.
    /// </summary>
    /// <exception cref="StoreException">It cannot be written; the store has what was set all the same.</exception>
    public void WriteCopy()
    {
        try
        {
            using var alone = FileLock.Acquire(_copy + ".lock");
            var all = ReadCopyOrSetAside();
            foreach (var (name, row) in Sections())
            {
                all.Remove(name);
                if (row.Value.Length > 0)
                    all.Add(name, JsonNode.Parse(row.Value));
            }

            DurableFile.Write(_copy, Encoding.UTF8.GetBytes(all.ToJsonString(s_readable) + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                StoreError.ReadOnly,
                $"the setting is saved, but its copy {_copy} cannot be written: {e.Message}",
                e
            );
        }
    }

    /// <summary>
    /// Deletes all sections of a store that nobody has open, so that the copy counts at the next start.
    /// </summary>
    /// <exception cref="StoreException">It cannot be written.</exception>
    public static void Forget(string folder)
    {
        using var database = Database.Open(folder);
        using var writer = database.OpenWriter();
        writer.Execute("DELETE FROM runtime_setting");
    }

    private Row? Find(string name) =>
        Sections().TryGetValue(name, out var row) ? row
        : _unread is null ? null
        : throw new StoreException(StoreError.Unusable, _unread);

    private Dictionary<string, Row> Sections()
    {
        // Taken before the rows are read: what is committed meanwhile is read the next time.
        var mark = _database.Mark;
        if (_snapshot is { } snapshot && snapshot.Mark == mark)
            return snapshot.Sections;
        var sections = _database.Read(session =>
        {
            var read = new Dictionary<string, Row>(StringComparer.Ordinal);
            using var row = session.Query("SELECT section, value, saving FROM runtime_setting");
            while (row.Read())
                read[row.GetString(0)] = new Row(row.GetString(1), row.GetString(2));
            return read;
        });
        _snapshot = new Snapshot(mark, sections);
        return sections;
    }

    private void TakeOver(JsonObject copy)
    {
        var sections = copy.Where(member => member.Value is JsonObject)
            .ToDictionary(member => member.Key, member => member.Value!.ToJsonString());
        if (sections.Keys.All(Sections().ContainsKey))
            return;
        using var writer = _database.OpenWriter();
        foreach (var (name, value) in sections)
        {
            writer.Execute(
                "INSERT INTO runtime_setting (section, value, saving) VALUES (@name, @value, '') ON CONFLICT (section) DO NOTHING",
                ("@name", name),
                ("@value", value)
            );
        }
    }

    private JsonObject ReadCopy()
    {
        var file = new FileInfo(_copy);
        if (!file.Exists)
            return [];
        if (file.Length > MaxLength)
            throw new IOException($"larger than {MaxLength} bytes");
        return JsonNode.Parse(File.ReadAllText(_copy)) as JsonObject ?? throw new JsonException("not a JSON object");
    }

    private JsonObject ReadCopyOrSetAside()
    {
        try
        {
            return ReadCopy();
        }
        catch (JsonException)
        {
            File.Move(_copy, _copy + ".unreadable", overwrite: true);
            return [];
        }
    }

    private sealed record Row(string Value, string Saving);

    private sealed record Snapshot(CommitMark Mark, Dictionary<string, Row> Sections);
}
