using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace EPortal.Servers.CheckIns;

/// <summary>Known hosts by id. Any thread may use it; parts with a lock each keep growth and waiting small.</summary>
internal sealed class CachedServerTable
{
    private const int Parts = 64;

    /// <summary>
    /// So many deleted ones may be left in the table, marked; to remove one alone would mean to look through all.
    /// </summary>
    private const int MaxGone = 1000;

    private readonly Part[] _parts = [.. Enumerable.Range(0, Parts).Select(_ => new Part())];
    private readonly ConcurrentDictionary<(ushort Origin, long Sequence), bool> _gone = [];
    private volatile bool _anyGone;

    /// <summary>Makes room for so many.</summary>
    public void Reserve(long count)
    {
        foreach (var part in _parts)
        {
            lock (part.Gate)
                part.Agents.EnsureCapacity((int)(count / Parts * 17 / 16));
        }
    }

    /// <summary>Looks one up.</summary>
    public bool TryFind(PackedServerId id, out CachedServer agent)
    {
        var part = PartOf(id);
        lock (part.Gate)
            return part.Agents.TryGetValue(id, out agent) && !IsGone(agent);
    }

    /// <summary>Adds one, unless it is there: then what is there counts.</summary>
    public CachedServer Add(PackedServerId id, CachedServer agent)
    {
        var part = PartOf(id);
        lock (part.Gate)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(part.Agents, id, out var exists);
            if (!exists)
                known = agent;
            return known;
        }
    }

    /// <summary>Changes one; false when it is not there.</summary>
    public bool Update<T>(PackedServerId id, T argument, Change<T> change)
    {
        var part = PartOf(id);
        lock (part.Gate)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrNullRef(part.Agents, id);
            return !System.Runtime.CompilerServices.Unsafe.IsNullRef(ref known)
                && !IsGone(known)
                && change(ref known, argument);
        }
    }

    /// <summary>Removes those of these entities; for one caller at a time.</summary>
    public void Remove(IReadOnlyCollection<(ushort Origin, long Sequence)> entities)
    {
        foreach (var entity in entities)
            _gone[entity] = true;
        _anyGone = true;
        if (_gone.Count <= MaxGone)
            return;
        RemoveAll(_gone.ContainsKey);
        _anyGone = false;
        _gone.Clear();
    }

    /// <summary>Removes all but those of these entities.</summary>
    public void Keep(IReadOnlySet<(ushort Origin, long Sequence)> entities) =>
        RemoveAll(entity => !entities.Contains(entity));

    private bool IsGone(in CachedServer agent) => _anyGone && _gone.ContainsKey((agent.Origin, agent.Sequence));

    private void RemoveAll(Predicate<(ushort Origin, long Sequence)> isGone)
    {
        foreach (var part in _parts)
        {
            lock (part.Gate)
            {
                foreach (var (id, agent) in part.Agents)
                {
                    if (isGone((agent.Origin, agent.Sequence)))
                        part.Agents.Remove(id);
                }
            }
        }
    }

    private Part PartOf(PackedServerId id) => _parts[(uint)id.GetHashCode() % Parts];

    /// <summary>Changes a known host; false when it turns out to be another one.</summary>
    public delegate bool Change<in T>(ref CachedServer agent, T argument);

    private sealed class Part
    {
        public Lock Gate { get; } = new();

        public Dictionary<PackedServerId, CachedServer> Agents { get; } = [];
    }
}
