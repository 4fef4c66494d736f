using System.Data.Common;
using Dapper;

namespace EPortal.Data;

/// <summary>
/// The one door for changes. One thread writes; the changes that wait together share one commit, each in its own
/// savepoint, and each is acknowledged only after that commit is on disk.
/// </summary>
internal sealed class ChangeLog : IAsyncDisposable
{
    private const int MaxPerCommit = 1000;

    private readonly WriterQueue _queue = new();
    private readonly Database _database;
    private readonly EntityCatalog _catalog;
    private readonly TimeProvider _time;
    private readonly WriterLoad _load;
    private readonly Task _writer;
    private volatile bool _hasDeferred;

    /// <summary>Starts the writer.</summary>
    public ChangeLog(Database database, EntityCatalog catalog, TimeProvider time)
    {
        (_database, _catalog, _time, _load) = (database, catalog, time, new WriterLoad(time));
        _writer = Task.Factory.StartNew(
            Write,
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    /// <summary>
    /// Makes a change: runs <paramref name="work"/> in a transaction and returns its result once that is on disk. When
    /// <paramref name="work"/> throws, nothing of it stays and the exception comes back.
    /// </summary>
    /// <exception cref="StoreException">The store failed or is overloaded; nothing was changed.</exception>
    public Task<T> Commit<T>(Actor actor, Func<Change, T> work)
    {
        var pending = new PendingChange<T>(actor, work);
        return _queue.TryAdd(pending)
            ? pending.Result
            : throw new StoreException(
                StoreError.Overloaded,
                "too many changes are waiting; try again in a few seconds"
            );
    }

    /// <summary>The clock of this store's changes.</summary>
    public TimeProvider Time => _time;

    /// <summary>Whether work may be put off: somebody does it later, when fewer changes come.</summary>
    public bool Maintains => _queue.Maintains;

    /// <summary>Whether so many changes come that work is put off; any thread may ask.</summary>
    public bool IsUnderLoad => _load.IsHigh;

    /// <summary>Whether work has been put off, or may have been before this process began.</summary>
    internal bool HasDeferred
    {
        get => _hasDeferred;
        set => _hasDeferred = value;
    }

    /// <summary>
    /// Does what a killed process left undone, and from now on what is put off; for the process that serves.
    /// </summary>
    public void StartMaintenance()
    {
        (_queue.Maintains, _hasDeferred) = (true, true);
        Wake();
    }

    /// <summary>
    /// Looks at each change before it is made, on the writer: gives why it is refused, null where it is not.
    /// </summary>
    public Func<Session, Node, Actor, RefusedException?> Guard { get; set; } = (_, _, _) => null;

    /// <summary>Takes shared writes into the commits, from now on.</summary>
    public void Join(BatchedWrites shared) => _queue.Join(shared);

    /// <summary>Says that shared writes wait.</summary>
    public void Wake() => _queue.Wake();

    /// <summary>Operations of this store after <paramref name="number"/>, in order of arrival.</summary>
    public static IReadOnlyList<Operation> Operations(Session session, long number, int limit) =>
        [
            .. session
                .Connection.Query<OperationRow>(
                    "SELECT origin, sequence, stamp, prev_hash, entity, content FROM operation WHERE number > @number ORDER BY number LIMIT @limit",
                    new { number, limit }
                )
                .Select(row => row.ToOperation()),
        ];

    /// <summary>Finishes what waits, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _writer;
        _queue.Dispose();
    }

    private void Write()
    {
        Session? session = null;
        var batch = new List<PendingChange>(MaxPerCommit);
        var hasFailed = false;
        while (_queue.Wait(hasFailed))
        {
            _queue.Take(batch, MaxPerCommit);
            try
            {
                _database.RequireSame();
                session ??= _database.OpenWriter();
                CommitTogether(session, batch);
                hasFailed = false;
            }
            catch (Exception e)
            {
                // The connection's state is unknown now: a new one is opened for the next batch.
                session?.Dispose();
                (session, hasFailed) = (null, true);
                var failure = e is DbException db ? Database.Translate(db) : e;
                if (failure is StoreException reason)
                    _database.AfterFailure(reason);
                batch.ForEach(change => change.Fail(failure));
                foreach (var shared in _queue.Shared)
                    shared.Fail(failure);
            }

            batch.Clear();
        }

        session?.Dispose();
    }

    private void CommitTogether(Session session, List<PendingChange> batch)
    {
        session.Execute(session.Dialect.BeginWriting);
        var before = Node.Read(session);
        var now = _time.GetUtcNow();
        _load.Count(batch.Count + _queue.Shared.Sum(shared => shared.Waiting));
        var node = WriteShared(session, before, now);
        foreach (var pending in batch)
        {
            if (Guard(session, node, pending.Actor) is { } refused)
            {
                pending.Refuse(refused);
                continue;
            }

            session.Execute("SAVEPOINT change");
            var change = new Change(_catalog, session, pending.Actor, node, now, this);
            if (pending.Run(change))
                node = change.Node;
            else
                session.Execute("ROLLBACK TO change");
            session.Execute("RELEASE change");
        }

        node.Write(session, before);
        session.Execute("COMMIT");
        foreach (var shared in _queue.Shared)
            shared.Acknowledge();
        batch.ForEach(change => change.Acknowledge());
        _database.AfterCommit(session, node);
    }

    private Node WriteShared(Session session, Node node, DateTimeOffset now)
    {
        foreach (var shared in _queue.Shared)
        {
            if (shared.Waiting == 0 && !(_queue.Maintains && shared.HasMaintenance))
                continue;
            var change = new Change(_catalog, session, Actor.Agent, node, now, this);
            shared.Write(change);
            node = change.Node;
        }

        return node;
    }
}
