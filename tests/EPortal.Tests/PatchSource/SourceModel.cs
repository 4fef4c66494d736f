using EPortal.Format;

namespace EPortal.Tests.PatchSource;

/// <summary>A patchset as a vendor thinks of it.</summary>
internal sealed record ModelEntry(string Name, int Level, string Channel, RepositoryState State);

/// <summary>What a portal and its source should be like, in the simplest words: sets of names.</summary>
internal sealed class SourceModel
{
    private readonly Dictionary<string, ModelEntry> _here = [];
    private readonly Dictionary<string, TimeSpan> _since = [];
    private readonly HashSet<string> _blocked = [];
    private readonly HashSet<(string Feed, string Name)> _enabled = [];
    private readonly HashSet<(string Feed, string Name)> _disabled = [];
    private Dictionary<string, ModelEntry> _listed = [];

    /// <summary>Feeds with the hours an automatic one waits; null for one that is not automatic.</summary>
    public static IReadOnlyList<(string Name, int? Wait, string Channel)> Feeds { get; } =
    [("main", null, "default"), ("now", 0, "default"), ("late", 10, "test"), ("hand", null, "unstable")];

    public TimeSpan Now { get; set; }

    /// <summary>The version that a sync last believed.</summary>
    public int Seen { get; private set; }

    public IEnumerable<string> Here => _here.Keys.Order(StringComparer.Ordinal);

    public bool IsBlocked(string name) =>
        _blocked.Contains(name) || _listed.GetValueOrDefault(name)?.State == RepositoryState.Blocked;

    /// <summary>A sync that believes what it sees; the archives of <paramref name="broken"/> cannot be had.</summary>
    public void Sync(int version, IReadOnlyList<ModelEntry> index, string? broken)
    {
        var before = _listed;
        (Seen, _listed) = (version, index.ToDictionary(entry => entry.Name));
        foreach (var entry in index.Where(entry => _here.ContainsKey(entry.Name)))
        {
            if (entry.State == RepositoryState.Blocked && _blocked.Add(entry.Name))
            {
                foreach (var (feed, _, _) in Feeds)
                    Disable(feed, entry.Name);
            }
            else if (
                entry.State != RepositoryState.Blocked
                && before.GetValueOrDefault(entry.Name)?.State == RepositoryState.Blocked
            )
                _blocked.Remove(entry.Name);
        }

        foreach (var entry in index.Where(entry => entry.State == RepositoryState.Available && entry.Name != broken))
        {
            if (_here.TryAdd(entry.Name, entry))
                _since[entry.Name] = Now;
        }
    }

    public void AutoUpdate()
    {
        foreach (var (feed, wait, channel) in Feeds)
        {
            foreach (var (name, entry) in _here)
            {
                if (
                    wait is { } hours
                    && State(feed, name) == "undeployed"
                    && Takes(channel, entry.Channel)
                    && Now - _since[name] >= TimeSpan.FromHours(hours)
                )
                    _enabled.Add((feed, name));
            }
        }
    }

    public void Enable(string feed, string name)
    {
        _enabled.Add((feed, name));
        _disabled.Remove((feed, name));
    }

    public void Disable(string feed, string name)
    {
        _enabled.Remove((feed, name));
        _disabled.Add((feed, name));
    }

    public void Delete(string name)
    {
        _here.Remove(name);
        _blocked.Remove(name);
        _enabled.RemoveWhere(pair => pair.Name == name);
        _disabled.RemoveWhere(pair => pair.Name == name);
    }

    /// <summary>States on a feed in the form that <see cref="SourceHouse.States"/> has.</summary>
    public IEnumerable<string> States(string feed) =>
        _listed
            .Values.Concat(_here.Values)
            .DistinctBy(entry => entry.Name)
            .OrderBy(entry => entry.Level)
            .Select(entry => $"{entry.Name}:{State(feed, entry.Name)}");

    /// <summary>The level that a feed offers; null for none.</summary>
    public int? Offer(string feed) =>
        _here
            .Values.Where(entry => _enabled.Contains((feed, entry.Name)) && !_blocked.Contains(entry.Name))
            .Max(entry => (int?)entry.Level);

    private string State(string feed, string name)
    {
        var listed = _listed.GetValueOrDefault(name)?.State;
        return IsBlocked(name) ? "blocked"
            : _enabled.Contains((feed, name))
                ? listed == RepositoryState.Withdrawn ? "enabled(!)"
                    : "enabled"
            : _disabled.Contains((feed, name)) ? "disabled"
            : listed == RepositoryState.Withdrawn ? "not-available"
            : _here.ContainsKey(name) ? "undeployed"
            : "not-downloaded";
    }

    private static bool Takes(string feed, string patchset) =>
        patchset == "default" || patchset == feed || feed == "unstable";
}
