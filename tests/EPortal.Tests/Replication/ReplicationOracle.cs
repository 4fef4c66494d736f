using EPortal.Data;
using EPortal.Feeds;
using EPortal.Hosting;

namespace EPortal.Tests.Replication;

/// <summary>
/// What all nodes must hold in the end, reckoned from every operation that was acknowledged anywhere, by the rules
/// alone and without the program's code for applying and merging: what was created and by nobody deleted is there, each
/// field as it was written last, each hold until somebody who saw it removed it.
/// </summary>
internal sealed class ReplicationOracle
{
    private readonly Dictionary<EntityId, Operation> _history = [];
    private readonly HashSet<EntityId> _lost = [];

    /// <summary>Operations acknowledged so far.</summary>
    public int Count => _history.Count;

    /// <summary>Takes note of what a node has made.</summary>
    public void Record(IEnumerable<Operation> operations)
    {
        foreach (var operation in operations)
            _history[operation.Id] = operation;
    }

    /// <summary>
    /// A node was set back: what it had made and no other node knows is gone, which is no fault.
    /// </summary>
    /// <param name="reached">The last operation of each origin that some other node, or the one set back, has.</param>
    public void Lose(IReadOnlyDictionary<string, long> reached) =>
        _lost.UnionWith(_history.Keys.Where(id => id.Sequence > reached.GetValueOrDefault(id.Origin)));

    /// <summary>What a node has otherwise than it must; a line each.</summary>
    public IReadOnlyList<string> Differences(Session session)
    {
        var operations = _history.Values.Where(operation => !_lost.Contains(operation.Id)).ToList();
        var dead = operations
            .Where(operation => operation.Kind == OperationKind.Delete)
            .SelectMany(operation => operation.Subjects)
            .ToHashSet(StringComparer.Ordinal);
        var alive = operations
            .Where(operation => operation.Kind == OperationKind.Create)
            .Select(operation => operation.Id.ToString())
            .Append(Feed.MainId)
            .Where(id => !dead.Contains(id))
            .ToHashSet(StringComparer.Ordinal);
        return [.. OfRows(session, operations, alive), .. OfHolds(session, operations, alive)];
    }

    private static IEnumerable<string> OfRows(Session session, List<Operation> operations, HashSet<string> alive)
    {
        var expected = Written(operations)
            .Where(row => row.Entity != UserLog.Entity.Name && row.Id.Split('/').All(alive.Contains))
            .ToDictionary(row => (row.Entity, row.Id), row => row.Fields);
        foreach (var type in Entities.Catalog.Types.Where(type => type != UserLog.Entity))
        {
            foreach (var row in StateReader.Rows(session, type, "", int.MaxValue).Where(row => row.Id != Feed.MainId))
            {
                if (!expected.Remove((row.Entity, row.Id), out var fields))
                    yield return $"{row.Entity} {row.Id} is there and must not be";
                foreach (var (field, (_, value)) in fields ?? [])
                {
                    if (!Equals(row.Fields[field], value))
                        yield return $"{row.Entity} {row.Id} has {field} = {row.Fields[field]}, must be {value}";
                }
            }
        }

        foreach (var (entity, id) in expected.Keys)
            yield return $"{entity} {id} is not there";
    }

    private static IEnumerable<string> OfHolds(Session session, List<Operation> operations, HashSet<string> alive)
    {
        var released = operations.SelectMany(operation => operation.Releases).ToHashSet(StringComparer.Ordinal);
        var expected = operations
            .Where(operation =>
                operation.Holds
                && !released.Contains(operation.Id.ToString())
                && operation.Subjects[0].Split('/').All(alive.Contains)
            )
            .Select(operation => operation.Id.ToString())
            .ToHashSet(StringComparer.Ordinal);
        var held = StateReader.Holds(session, "", int.MaxValue).Select(hold => hold.Id).ToList();
        return
        [
            .. held.Except(expected).Select(id => $"hold {id} is there and must not be"),
            .. expected.Except(held).Select(id => $"hold {id} is not there"),
        ];
    }

    private static IEnumerable<(
        string Entity,
        string Id,
        SortedDictionary<string, (Stamp Stamp, object? Value)> Fields
    )> Written(IEnumerable<Operation> operations)
    {
        var rows = new Dictionary<(string, string), SortedDictionary<string, (Stamp, object?)>>();
        foreach (var operation in operations.Where(operation => operation.Kind != OperationKind.Delete))
        {
            var id = operation.Kind == OperationKind.Create ? operation.Id.ToString() : operation.Subjects[0];
            if (!rows.TryGetValue((operation.Entity, id), out var fields))
                rows.Add((operation.Entity, id), fields = new(StringComparer.Ordinal));
            var stamp = new Stamp(operation.Stamp, operation.Id.Origin);
            foreach (var (name, value) in operation.Set)
            {
                if (!fields.TryGetValue(name, out var had) || stamp.IsAfter(had.Item1))
                    fields[name] = (stamp, value);
            }
        }

        return rows.Select(row => (row.Key.Item1, row.Key.Item2, row.Value));
    }
}
