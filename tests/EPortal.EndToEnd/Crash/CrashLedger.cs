using System.Text.Json;
using Shouldly;

namespace EPortal.EndToEnd.Crash;

/// <summary>
/// What the clients were told, and what they were last in the middle of. Where an answer came, the portal must know it
/// ever after; where none came, it may know it or not, but nothing between.
/// </summary>
internal sealed class CrashLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Host> _hosts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    /// <summary>States a patchset may be in: one once a command has ended well, two while it is in doubt.</summary>
    private readonly Dictionary<string, HashSet<string>> _patchsets = new(StringComparer.Ordinal);

    public int Acknowledged { get; private set; }

    public IReadOnlyList<string> Hosts
    {
        get
        {
            lock (_gate)
                return [.. _hosts.Keys];
        }
    }

    public void Registered(string id)
    {
        lock (_gate)
        {
            _hosts.Add(id, new Host());
            Acknowledged++;
        }
    }

    /// <summary>The number of a host's next check-in, which is about to be sent.</summary>
    public int Sending(string id)
    {
        lock (_gate)
            return ++_hosts[id].Sent;
    }

    public void CheckedIn(string id, int number)
    {
        lock (_gate)
        {
            _hosts[id].Known = number;
            Acknowledged++;
        }
    }

    public void Tagging(string id, string tags)
    {
        lock (_gate)
            _hosts[id].Tags.Add(tags);
    }

    public void Tagged(string id, string tags)
    {
        lock (_gate)
        {
            _hosts[id].Tags.RemoveWhere(tag => tag != tags);
            Acknowledged++;
        }
    }

    public void KeyAdded(string key)
    {
        lock (_gate)
        {
            _keys.Add(key);
            Acknowledged++;
        }
    }

    /// <summary>
    /// A command on a patchset begins; whether that patchset is here. No other command on it is in doubt.
    /// </summary>
    public bool Moving(string patchset, string state)
    {
        lock (_gate)
        {
            var before = StatesOf(patchset).ShouldHaveSingleItem();
            StatesOf(patchset).Add(state);
            return before != "gone";
        }
    }

    public void Moved(string patchset, string state)
    {
        lock (_gate)
        {
            StatesOf(patchset).Clear();
            StatesOf(patchset).Add(state);
            Acknowledged++;
        }
    }

    /// <summary>Compares with what the portal knows after a crash, which from then on is what counts.</summary>
    public void ShouldHold(
        IReadOnlyList<JsonElement> servers,
        IReadOnlyList<JsonElement> keys,
        IReadOnlyList<JsonElement> patchsets
    )
    {
        lock (_gate)
        {
            var known = servers.ToDictionary(row => row.GetProperty("id").GetString()!, StringComparer.Ordinal);
            foreach (var (id, host) in _hosts)
                ShouldHold(
                    known.TryGetValue(id, out var row)
                        ? row
                        : throw new ShouldAssertException($"the server {id} is lost"),
                    host
                );
            var names = keys.Select(row => row.GetProperty("key").GetString()!).ToHashSet(StringComparer.Ordinal);
            _keys.Where(key => !names.Contains(key)).ShouldBeEmpty("keys are lost");
            for (var n = 1; n <= CrashSite.Patchsets; n++)
                ShouldHold(CrashSite.NameOf(n), patchsets);
        }
    }

    private void ShouldHold(string patchset, IReadOnlyList<JsonElement> rows)
    {
        var row = rows.SingleOrDefault(row => row.GetProperty("patchset").GetString() == patchset);
        var state = row.ValueKind == JsonValueKind.Undefined ? "gone" : row.GetProperty("status").GetString()!;
        StatesOf(patchset).ShouldContain(state, $"{patchset} is {state}");
        StatesOf(patchset).RemoveWhere(other => other != state);
    }

    private static void ShouldHold(JsonElement row, Host host)
    {
        // Name, level and version were sent together, so they must be of one check-in.
        var level = row.GetProperty("patch_level").GetInt32();
        level.ShouldBeInRange(host.Known, host.Sent, "a check-in is lost, or one is known that was never sent");
        if (level > 0)
        {
            row.GetProperty("hostname").GetString().ShouldBe($"host-{level}");
            row.GetProperty("version").GetString().ShouldBe($"version-{level}");
        }

        host.Known = host.Sent = level;
        var tags = row.GetProperty("tags").GetString() ?? "";
        host.Tags.ShouldContain(tags);
        host.Tags.RemoveWhere(other => other != tags);
    }

    private HashSet<string> StatesOf(string patchset)
    {
        if (!_patchsets.TryGetValue(patchset, out var states))
            _patchsets.Add(patchset, states = ["gone"]);
        return states;
    }

    private sealed class Host
    {
        public int Sent { get; set; }

        public int Known { get; set; }

        public HashSet<string> Tags { get; } = [""];
    }
}
