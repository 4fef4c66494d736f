using EPortal.Feeds;

namespace EPortal.Tests.Feeds;

/// <summary>What the rules of feeds say, as plainly as they can be written.</summary>
internal sealed class RolloutModel
{
    internal sealed record Entry(string Name, DateTimeOffset Released, IReadOnlyList<string> Targets, int Level);

    private readonly Dictionary<(string Feed, string Patchset), string> _states = [];

    public List<Entry> Patchsets { get; private set; } = [];

    public int LastNumber { get; private set; }

    public int NextNumber() => ++LastNumber;

    public void Add(string name, DateTimeOffset released, IReadOnlyList<string> targets, int level) =>
        Patchsets = [
            .. Patchsets
                .Append(new Entry(name, released, targets, level))
                .OrderBy(p => p.Released)
                .ThenBy(p => p.Name, StringComparer.Ordinal),
        ];

    public void Enable(string feed, string name) => _states[(feed, name)] = "enabled";

    public void Disable(string feed, string name) => _states[(feed, name)] = "disabled";

    public void Unroll(string feed, string name) => _states[(feed, name)] = "undeployed";

    public void EnableUpTo(string feed, string name)
    {
        foreach (var entry in Patchsets.Take(IndexOf(name) + 1).Where(p => State(feed, p.Name) != "disabled"))
            Enable(feed, entry.Name);
    }

    public void UndeployDownTo(string feed, string name)
    {
        foreach (var entry in Patchsets.Skip(IndexOf(name)).Where(p => State(feed, p.Name) != "disabled"))
            Unroll(feed, entry.Name);
    }

    public void Do(RolloutAction action, string feed, string name)
    {
        Action<string, string> act = action switch
        {
            RolloutAction.Enable => Enable,
            RolloutAction.Disable => Disable,
            RolloutAction.EnableUpTo => EnableUpTo,
            RolloutAction.UndeployDownTo => UndeployDownTo,
            _ => Unroll,
        };
        act(feed, name);
    }

    public void Delete(string name)
    {
        Patchsets = [.. Patchsets.Where(p => p.Name != name)];
        foreach (var key in _states.Keys.Where(key => key.Patchset == name).ToList())
            _states.Remove(key);
    }

    public IEnumerable<string> States(string feed) => Patchsets.Select(p => $"{p.Name} {State(feed, p.Name)}");

    public int? Offer(string feed, string target) =>
        Patchsets.LastOrDefault(p => p.Targets.Contains(target) && State(feed, p.Name) == "enabled")?.Level;

    private string State(string feed, string name) => _states.GetValueOrDefault((feed, name), "undeployed");

    private int IndexOf(string name) => Patchsets.FindIndex(p => p.Name == name);
}
