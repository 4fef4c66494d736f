using System.Data.Common;
using Dapper;

namespace EPortal.Data;

/// <summary>
/// A change being made: what it creates, sets, holds and deletes becomes operations in the log and rows in the tables
/// in one transaction. Time is read once, when the transaction begins.
/// </summary>
internal sealed class Change(
    EntityCatalog catalog,
    Session session,
    Actor actor,
    Node node,
    DateTimeOffset now,
    ChangeLog log
)
{
    /// <summary>Ids in one deletion; more are split, so that no operation grows without bound.</summary>
    private const int IdsPerDeletion = 1000;

    private bool _noted;
    private bool _changed;

    /// <summary>When the change is made.</summary>
    public DateTimeOffset Now { get; } = now;

    /// <summary>Who makes it.</summary>
    public Actor Actor { get; } = actor;

    /// <summary>The writer's session, for reading and for tables that are this node's own.</summary>
    public Session Session => session;

    /// <summary>Whether so many changes come that their answers should not wait for anything else.</summary>
    public bool IsUnderLoad => log.IsUnderLoad;

    /// <summary>Whether work that can be done later may have been put off.</summary>
    public bool MayHaveDeferred => !log.Maintains || log.HasDeferred;

    /// <summary>The connection of the transaction, for queries.</summary>
    public DbConnection Db => session.Connection;

    /// <summary>This node's row as the change leaves it.</summary>
    internal Node Node { get; private set; } = node;

    private OperationApplier Applier => field ??= new OperationApplier(catalog, this);

    /// <summary>
    /// Says that work is put off; false when it has to be done now, because few changes come or nobody would do it
    /// later.
    /// </summary>
    public bool TryDefer()
    {
        if (!log.Maintains || !IsUnderLoad)
            return false;
        log.HasDeferred = true;
        return true;
    }

    /// <summary>Creates an entity and returns its id.</summary>
    public string Create(EntityType type, Fields set)
    {
        var operation = New(type, OperationKind.Create) with { Set = set };
        Carry(type, operation);
        return operation.Id.ToString();
    }

    /// <summary>Sets fields.</summary>
    public void Update(EntityType type, string id, Fields set) =>
        Carry(type, New(type, OperationKind.Update) with { Subjects = [id], Set = set });

    /// <summary>Adds a hold: the entity is out of force until somebody who saw the hold removes it.</summary>
    public void Hold(EntityType type, string id, Fields set) =>
        Carry(type, New(type, OperationKind.Update) with { Subjects = [id], Set = set, Holds = true });

    /// <summary>
    /// Sets fields and removes the holds that are seen here, those on others of the same name too.
    /// </summary>
    public void Release(EntityType type, string id, Fields set)
    {
        var holds = SameName(type, id)
            .SelectMany(same =>
                Db.Query<string>(
                    "SELECT id FROM hold WHERE entity = @entity AND subject = @same ORDER BY id",
                    new { entity = type.Name, same }
                )
            );
        Carry(type, New(type, OperationKind.Update) with { Subjects = [id], Set = set, Releases = [.. holds] });
    }

    /// <summary>
    /// Ends entities, and those of the same names that they shadow: left behind, one of these would take their place.
    /// Those that another node makes meanwhile are not among them.
    /// </summary>
    public void Delete(EntityType type, IEnumerable<string> ids)
    {
        var all = type.NamedBy.Count == 0 ? ids : ids.SelectMany(id => SameName(type, id)).Distinct();
        foreach (var some in all.Chunk(IdsPerDeletion))
            Carry(type, New(type, OperationKind.Delete) with { Subjects = some });
    }

    /// <summary>The ids of all living entities of the name of this one, itself among them.</summary>
    public IReadOnlyList<string> SameName(EntityType type, string id) => NameShadows.SameName(Session, type, id);

    /// <summary>Writes the line of the user log that this change owes.</summary>
    /// <param name="action">What was done, such as <c>key.change</c>.</param>
    /// <param name="detail">With what; one line.</param>
    /// <param name="changes">Fields before and after.</param>
    /// <param name="servers">Servers that it is about.</param>
    public void Note(
        string action,
        string detail,
        IReadOnlyList<FieldChange>? changes = null,
        ServersOfEntry? servers = null
    )
    {
        _noted = true;
        Carry(
            UserLog.Entity,
            New(UserLog.Entity, OperationKind.Create) with
            {
                Set = new Fields
                {
                    { "at", UnixMicros.Of(Now) },
                    { "actor", Actor.Name },
                    { "address", Actor.Address },
                    { "action", action },
                    { "detail", UserLogDetails.Cut(detail, UserLogDetails.MaxDetail) },
                    { "more", new UserLogDetails(changes ?? [], servers).ToText() },
                },
            }
        );
    }

    /// <summary>Says that something outside the replicated tables changed what feeds offer.</summary>
    public void OffersChanged() =>
        Node = Node with { Revision = Node.Revision + 1, OfferRevision = Node.OfferRevision + 1 };

    /// <summary>Takes in an operation of another node.</summary>
    public Applied Apply(Operation operation)
    {
        if (operation.Id.Origin == Node.Origin)
            return operation.Id.Sequence <= Node.Sequence ? Applied.Before : Applied.Forked;
        var last = VersionVector.Last(session, operation.Id.Origin);
        if (operation.Id.Sequence <= last)
            return Applied.Before;
        if (operation.Id.Sequence != last + 1)
            return Applied.Gap;
        if (HybridClock.IsTooFarAhead(operation.Stamp, Now))
            return Applied.ClockAhead;
        if (!OperationHash.MayFollow(VersionVector.Hash(session, operation.Id.Origin), operation.PreviousHash))
            return Applied.Forked;
        VersionVector.Advance(session, operation.Id.Origin, operation.Id.Sequence, Append(operation));
        Node = Node with { Stamp = Math.Max(Node.Stamp, operation.Stamp) };
        Perform(catalog.Get(operation.Entity), operation);
        return Applied.Done;
    }

    /// <summary>Merges the state of another node into this one, within this change.</summary>
    public StateMerge Merge() => new(catalog, this);

    /// <summary>Says that rows beside the replicated ones changed that caches are made from.</summary>
    public void RowsChanged() => Node = Node with { Revision = Node.Revision + 1 };

    /// <summary>Says that rows of replicated entities were written otherwise than by operations.</summary>
    public void EntitiesChanged() => OffersChanged();

    /// <summary>
    /// Goes on under a new origin: other nodes know more of this one's own changes than it does, so it was set back to
    /// an earlier state. What it made before stays as it is; they have it, or get it.
    /// </summary>
    public void TakeNewOrigin() => Node = NodeIdentity.Renew(session, Node, NewOrigin.Restored, Now);

    /// <summary>Takes note of another node's clock.</summary>
    public void Advance(long stamp) => Node = Node with { Stamp = Math.Max(Node.Stamp, stamp) };

    /// <summary>Keeps an operation that waited at another node and counts as received here.</summary>
    internal void TakePending(OperationRow row)
    {
        var operation = row.ToOperation();
        Append(operation);
        Perform(catalog.Get(operation.Entity), operation);
    }

    /// <summary>Carries out what waited for something that counts as received now.</summary>
    internal void RetryPending() => Applier.RetryPending();

    /// <summary>
    /// Ends the change: a person's change without its line in the user log is a fault in this program.
    /// </summary>
    internal void Finish()
    {
        if (_changed && !_noted && Actor != Actor.Agent)
            throw new InvalidOperationException($"A change by {Actor.Name} left no line in the user log.");
    }

    /// <summary>The next stamp; for rows that carry one without being logged.</summary>
    public long NextStamp()
    {
        Node = Node with { Stamp = HybridClock.Next(Node.Stamp, Now) };
        return Node.Stamp;
    }

    private Operation New(EntityType type, OperationKind kind)
    {
        var stamp = NextStamp();
        Node = Node with { Sequence = Node.Sequence + 1 };
        return new Operation
        {
            Id = new EntityId(Node.Origin, Node.Sequence),
            Stamp = stamp,
            PreviousHash = Node.Hash,
            Entity = type.Name,
            Kind = kind,
        };
    }

    private void Carry(EntityType type, Operation operation)
    {
        _changed |= type != UserLog.Entity;
        Node = Node with { Hash = Append(operation) };
        Perform(type, operation);
    }

    /// <summary>Writes an operation to the log and gives its hash.</summary>
    private string Append(Operation operation)
    {
        var content = OperationJson.Write(operation);
        session.Execute(
            """
            INSERT INTO operation (origin, sequence, stamp, entity, content, prev_hash)
            VALUES (@origin, @sequence, @stamp, @entity, @content, @previous)
            """,
            ("@origin", operation.Id.Origin),
            ("@sequence", operation.Id.Sequence),
            ("@stamp", operation.Stamp),
            ("@entity", operation.Entity),
            ("@content", content),
            ("@previous", operation.PreviousHash)
        );
        return OperationHash.Of(operation, content);
    }

    private void Perform(EntityType type, Operation operation)
    {
        Applier.Perform(operation);
        Node = Node with
        {
            Revision = Node.Revision + 1,
            OfferRevision = Node.OfferRevision + (type.ShapesOffers ? 1 : 0),
        };
    }
}
