using System.Data.Common;
using System.Threading.Channels;
using Dapper;

namespace EPortal.Data;

/// <summary>
/// The one door for changes. One thread writes; the changes that wait together share one commit, each in its own
/// savepoint, and each is acknowledged only after that commit is on disk.
/// </summary>
internal sealed class ChangeLog : IAsyncDisposable
{
    /// <summary>Changes that may wait; more are turned away at once instead of growing a queue.</summary>
    private const int QueueLength = 8192;

    private const int MaxPerCommit = 1000;

    private readonly Channel<PendingChange> _queue = Channel.CreateBounded<PendingChange>(
        new BoundedChannelOptions(QueueLength) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Database _database;
    private readonly EntityCatalog _catalog;
    private readonly TimeProvider _time;
    private readonly Task _writer;

    /// <summary>Starts the writer.</summary>
    public ChangeLog(Database database, EntityCatalog catalog, TimeProvider time)
    {
        (_database, _catalog, _time) = (database, catalog, time);
        _writer = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>
    /// Makes a change: runs <paramref name="work"/> in a transaction and returns its result once that is on disk. When
    /// <paramref name="work"/> throws, nothing of it stays and the exception comes back.
    /// </summary>
    /// <exception cref="StoreException">The store failed or is overloaded; nothing was changed.</exception>
    public Task<T> Commit<T>(Actor actor, Func<Change, T> work)
    {
        var pending = new PendingChange<T>(actor, work);
        return _queue.Writer.TryWrite(pending)
            ? pending.Result
            : throw new StoreException(StoreError.Overloaded, "Too many changes are waiting; try again in a few seconds.");
    }

    /// <summary>Operations of this store after <paramref name="number"/>, in order of arrival.</summary>
    public static IReadOnlyList<Operation> Operations(Session session, long number, int limit) =>
        [.. session.Connection.Query<OperationRow>(
            "SELECT origin, sequence, stamp, entity, content FROM operation WHERE number > @number ORDER BY number LIMIT @limit",
            new { number, limit }).Select(row => row.ToOperation())];

    /// <summary>Finishes what waits, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writer;
    }

    private void Write()
    {
        Session? session = null;
        var batch = new List<PendingChange>(MaxPerCommit);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < MaxPerCommit && _queue.Reader.TryRead(out var change))
                batch.Add(change);
            try
            {
                session ??= _database.OpenWriter();
                CommitTogether(session, batch);
            }
            catch (Exception e)
            {
                // The connection's state is unknown now: a new one is opened for the next batch.
                session?.Dispose();
                session = null;
                var failure = e is DbException db ? Database.Translate(db) : e;
                batch.ForEach(change => change.Fail(failure));
            }

            batch.Clear();
        }

        session?.Dispose();
    }

    private void CommitTogether(Session session, List<PendingChange> batch)
    {
        session.Execute("BEGIN IMMEDIATE");
        var before = Node.Read(session);
        var node = before;
        var now = _time.GetUtcNow();
        foreach (var pending in batch)
        {
            session.Execute("SAVEPOINT change");
            var change = new Change(_catalog, session, pending.Actor, node, now);
            if (pending.Run(change))
                node = change.Node;
            else
                session.Execute("ROLLBACK TO change");
            session.Execute("RELEASE change");
        }

        node.Write(session, before);
        session.Execute("COMMIT");
        batch.ForEach(change => change.Acknowledge());
    }
}
