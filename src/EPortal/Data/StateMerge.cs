namespace EPortal.Data;

/// <summary>
/// Merges the state of another node into this one, where operations between them have been deleted. A row that only one
/// side has survives exactly if its birth is not in the other's version vector: else the other had it and deleted it.
/// Fields that both have go to the later stamp. Each step may be repeated, and whatever ends the merge between two
/// steps leaves a state that a merge from the beginning takes over.
/// </summary>
/// <param name="catalog">The kinds of entities.</param>
/// <param name="change">The change that it is part of.</param>
internal sealed class StateMerge(EntityCatalog catalog, Change change)
{
    private readonly EntityRows _rows = new(catalog, change);
    private readonly Session _session = change.Session;
    private readonly Dictionary<string, long> _last = new(StringComparer.Ordinal);

    /// <summary>How often rows were changed or deleted without an operation in the log; for caches.</summary>
    public static long Count(Session session) => (long)session.Scalar("SELECT merges FROM node")!;

    /// <summary>Takes a row of the other node.</summary>
    /// <exception cref="StoreException">This version does not know its type or a field of it.</exception>
    public void Put(EntityState row)
    {
        var type = catalog.Get(row.Entity);
        if (type.IsPair ? _rows.Ensure(type, row.Id) : _rows.Exists(type, row.Id))
            _rows.Merge(type, row);
        else if (!type.IsPair && !WasHere(row.Id))
            _rows.Insert(type, row);
    }

    /// <summary>Takes a hold of the other node, unless it was removed here.</summary>
    public void Put(HoldState hold)
    {
        var type = catalog.Get(hold.Entity);
        if (!WasHere(hold.Id) && _rows.Ensure(type, hold.Subject))
            _rows.Hold(type, hold.Id, hold.Subject);
    }

    /// <summary>
    /// Deletes rows of a type that the other node does not have though it had them. Lines of the user log are only ever
    /// taken: each node deletes old ones for itself.
    /// </summary>
    /// <param name="type">The type.</param>
    /// <param name="absent">Ids of rows here that the other does not have.</param>
    /// <param name="theirs">The other's version vector.</param>
    public void DeleteAbsent(EntityType type, IEnumerable<string> absent, IReadOnlyDictionary<string, long> theirs)
    {
        if (type == UserLog.Entity || type.IsPair)
            return;
        foreach (var id in absent.Where(id => IsIn(theirs, id)))
            _rows.Delete(type, id);
        CountMerge();
    }

    /// <summary>Removes holds that the other node does not have though it had them.</summary>
    public void ReleaseAbsent(IEnumerable<HoldState> absent, IReadOnlyDictionary<string, long> theirs)
    {
        foreach (var hold in absent.Where(hold => IsIn(theirs, hold.Id)))
            _rows.Release(catalog.Get(hold.Entity), hold.Id);
    }

    /// <summary>
    /// Ends the merge: all that the other node had received counts as received here. Of origins with which it was
    /// further the log has a hole now, so those who lack what is in it have to be merged with too.
    /// </summary>
    /// <param name="theirs">The other's version vector, on the snapshot of its rows.</param>
    /// <param name="pending">What waited there, on the same snapshot: it is in no row yet.</param>
    public void Finish(IReadOnlyList<VectorState> theirs, IReadOnlyList<OperationRow> pending)
    {
        var waiting = pending.Select(row => new EntityId(row.Origin, row.Sequence)).ToHashSet();
        var all = theirs.ToDictionary(origin => origin.Origin, origin => origin.Sequence, StringComparer.Ordinal);
        // What waits here and was carried out there is in the rows.
        foreach (var own in StateReader.Pending(_session))
        {
            var id = new EntityId(own.Origin, own.Sequence);
            if (IsIn(all, id.ToString()) && !waiting.Contains(id))
                Forget(id);
        }

        var news = pending.Where(row => row.Sequence > VersionVector.Last(_session, row.Origin)).ToList();
        foreach (var origin in theirs.Where(origin => origin.Origin != change.Node.Origin))
            Advance(origin);
        foreach (var row in news)
            change.TakePending(row);
        change.RetryPending();
        CountMerge();
    }

    private void CountMerge()
    {
        _session.Execute("UPDATE node SET merges = merges + 1");
        change.EntitiesChanged();
    }

    private void Advance(VectorState origin)
    {
        if (origin.Sequence <= VersionVector.Last(_session, origin.Origin))
            return;
        _session.Execute(
            """
            DELETE FROM operation WHERE origin = @origin AND NOT EXISTS (
              SELECT 1 FROM pending_operation p WHERE p.origin = operation.origin AND p.sequence = operation.sequence)
            """,
            ("@origin", origin.Origin)
        );
        VersionVector.Advance(_session, origin.Origin, origin.Sequence, origin.Hash);
        VersionVector.KeepFrom(_session, origin.Origin, origin.Sequence + 1);
    }

    private void Forget(EntityId id) =>
        _session.Execute(
            "DELETE FROM pending_operation WHERE origin = @origin AND sequence = @sequence",
            ("@origin", id.Origin),
            ("@sequence", id.Sequence)
        );

    /// <summary>
    /// Whether this node has received what an id stands for, so that its absence means that it is gone.
    /// </summary>
    private bool WasHere(string id)
    {
        var birth = EntityId.Parse(id);
        if (!_last.TryGetValue(birth.Origin, out var last))
            _last.Add(
                birth.Origin,
                last =
                    birth.Origin == change.Node.Origin
                        ? change.Node.Sequence
                        : VersionVector.Last(_session, birth.Origin)
            );
        return birth.Sequence <= last;
    }

    private static bool IsIn(IReadOnlyDictionary<string, long> vector, string id)
    {
        var birth = EntityId.Parse(id);
        return birth.Sequence <= vector.GetValueOrDefault(birth.Origin);
    }
}
