using System.Diagnostics.CodeAnalysis;

namespace EPortal.Api.Guards;

/// <summary>
/// A table with room for so many: one more pushes out what was not asked for longest. Not safe for threads.
/// </summary>
/// <typeparam name="TKey">What is looked for.</typeparam>
/// <typeparam name="TValue">What is kept of it.</typeparam>
internal sealed class LruTable<TKey, TValue>(int capacity)
    where TKey : notnull
    where TValue : class
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _order = new();

    /// <summary>How many there are.</summary>
    public int Count => _nodes.Count;

    /// <summary>What is kept of <paramref name="key"/>.</summary>
    public bool TryGet(TKey key, [NotNullWhen(true)] out TValue? value)
    {
        value = null;
        if (!_nodes.TryGetValue(key, out var node))
            return false;
        _order.Remove(node);
        _order.AddFirst(node);
        value = node.Value.Value;
        return true;
    }

    /// <summary>The same; what is not there is made.</summary>
    public TValue GetOrAdd(TKey key, Func<TValue> make)
    {
        if (!TryGet(key, out var value))
            Set(key, value = make());
        return value;
    }

    /// <summary>Keeps it, in place of what was kept before.</summary>
    public void Set(TKey key, TValue value)
    {
        Remove(key);
        if (_nodes.Count == capacity)
            Remove(_order.Last!.Value.Key);
        _nodes.Add(key, _order.AddFirst((key, value)));
    }

    /// <summary>Forgets it.</summary>
    public void Remove(TKey key)
    {
        if (_nodes.Remove(key, out var node))
            _order.Remove(node);
    }
}
