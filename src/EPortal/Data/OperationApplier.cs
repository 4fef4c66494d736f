namespace EPortal.Data;

/// <summary>How a received operation fared.</summary>
internal enum Applied
{
    /// <summary>It is in force, or waits in the store for an operation it builds on.</summary>
    Done,

    /// <summary>It was here already.</summary>
    Before,

    /// <summary>Operations of its origin before it are missing; ask for those first.</summary>
    Gap,

    /// <summary>Its clock is too far ahead to be believed.</summary>
    ClockAhead,

    /// <summary>
    /// Its origin has given numbers twice, as after it was set back to an earlier state without that being noticed. One
    /// of this node's own that it never made or has lost means that this node was: it has to go on under a new origin.
    /// </summary>
    Forked,
}

/// <summary>
/// Carries out operations, this node's own and those received, by the same rules: an operation whose dependencies
/// (entities, holds) have not arrived waits for them; of two writes to a field the later stamp wins; a hold stays until
/// somebody who saw it removes it; what is gone stays gone.
/// </summary>
internal sealed class OperationApplier(EntityCatalog catalog, Change change)
{
    private readonly PendingOperations _pending = new(change.Session);
    private readonly EntityRows _rows = new(catalog, change);

    /// <summary>Carries out <paramref name="operation"/>, or lays it aside until what it builds on is here.</summary>
    public void Perform(Operation operation)
    {
        var type = catalog.Get(operation.Entity);
        if (FirstMissing(type, operation) is { } missing)
        {
            _pending.Add(operation.Id, missing);
            return;
        }

        switch (operation.Kind)
        {
            case OperationKind.Create:
                _rows.Insert(type, operation);
                break;
            case OperationKind.Update:
                Update(type, operation);
                break;
            default:
                foreach (var id in operation.Subjects)
                    _rows.Delete(type, id);
                break;
        }

        foreach (var waiting in _pending.TakeWaitingFor(operation.Id))
            Perform(waiting);
    }

    /// <summary>Carries out what waited for something that counts as received now.</summary>
    public void RetryPending()
    {
        foreach (var waiting in _pending.TakeAll())
            Perform(waiting);
    }

    private void Update(EntityType type, Operation operation)
    {
        var id = operation.Subjects[0];
        if (_rows.Ensure(type, id))
        {
            _rows.Set(type, id, operation);
            if (operation.Holds)
                _rows.Hold(type, operation.Id.ToString(), id);
        }

        // Of others of its name too, and whether or not it lives: its deletion may have come before this or after it.
        foreach (var hold in operation.Releases)
            _rows.Release(type, hold);
    }

    /// <summary>The first operation this one builds on that has not been carried out here.</summary>
    private EntityId? FirstMissing(EntityType type, Operation operation)
    {
        var dependencies = operation.Subjects.SelectMany(type.EntitiesOf).Concat(operation.Releases);
        foreach (var dependency in dependencies.Select(EntityId.Parse))
        {
            if (!IsReceived(dependency, operation.Id) || (_pending.Any && _pending.Contains(dependency)))
                return dependency;
        }

        return null;
    }

    /// <summary>
    /// An origin's operations come in order, so what came before this one of the same origin is here.
    /// </summary>
    private bool IsReceived(EntityId dependency, EntityId operation) =>
        (dependency.Origin == operation.Origin && dependency.Sequence < operation.Sequence)
        || dependency.Sequence <= VersionVector.Last(change.Session, dependency.Origin);
}
