using EPortal.Data;
using EPortal.Keys;

namespace EPortal.Servers.CheckIns;

/// <summary>
/// Small numbers for values that very many cached servers share: origins of entity ids, and keys. Used under one lock.
/// </summary>
internal sealed class InternTable
{
    private readonly Dictionary<string, ushort> _origins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _keys = new(StringComparer.Ordinal);
    private volatile string[] _originNames = [];

    /// <summary>The number of an origin.</summary>
    public ushort OfOrigin(string origin)
    {
        if (_origins.TryGetValue(origin, out var number))
            return number;
        _origins.Add(origin, number = checked((ushort)_origins.Count));
        _originNames = [.. _originNames, origin];
        return number;
    }

    /// <summary>The origin of that number. May be asked for without the lock.</summary>
    public string Origin(ushort number) => _originNames[number];

    /// <summary>The number of a key.</summary>
    public int OfKey(string key)
    {
        if (!_keys.TryGetValue(key, out var number))
            _keys.Add(key, number = _keys.Count);
        return number;
    }

    /// <summary>All keys by their numbers; null for those that are not in force.</summary>
    public AgentKey?[] ReadKeys(Session session)
    {
        var keys = new Dictionary<int, AgentKey>();
        using (
            var row = session.Query(
                $"""
                SELECT own.id, {KeyFeed.Id}, {KeyFeed.Name}, k.products
                FROM key own {VisibleKey.OfOwn} {KeyFeed.Join}
                """
            )
        )
        {
            while (row.Read())
                keys[OfKey(row.GetString(0))] = new AgentKey(row.GetString(1), row.GetString(2), row.GetString(3));
        }

        return [.. Enumerable.Range(0, _keys.Count).Select(keys.GetValueOrDefault)];
    }
}
