using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using EPortal.Data.Sqlite;

namespace EPortal.Data;

/// <summary>
/// The database: hands out sessions, brings the schema up to date, and is the only place that knows which database
/// it is. Reading sees a consistent snapshot; writing goes through <see cref="ChangeLog"/>.
/// </summary>
internal sealed class Database : IDisposable
{
    private const int KeptReaders = 16;
    private const string FileName = "eportal.sqlite";

    private readonly ConcurrentBag<Session> _readers = [];
    private readonly string _path;
    private readonly WalIndex _index;
    private readonly SqliteCheckpoints _checkpoints;
    private volatile SeenRevision? _seen;
    private volatile FailedWrite? _failed;

    static Database() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    private Database(string path)
    {
        (_path, _checkpoints) = (path, new SqliteCheckpoints(path));
        _index = SqliteStore.Guard(() => new WalIndex(SqliteStore.OpenReader(path)));
    }

    /// <summary>Opens the database in <paramref name="folder"/>, making or migrating it as needed.</summary>
    /// <exception cref="StoreException">It cannot be opened, written or migrated.</exception>
    public static Database Open(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return OpenAndMigrate(path);
        }
        catch (StoreException e) when (e.IsOfDisk && new SpaceReserve(folder).TryRelease())
        {
            var database = OpenAndMigrate(path);
            new SpaceReserve(folder).TakeBack();
            return database;
        }
    }

    private static Database OpenAndMigrate(string path)
    {
        SqliteStore.Guard(() => SqliteMigrations.Run(path));
        return new Database(path);
    }

    /// <summary>Opens the database in <paramref name="folder"/> for reading, whatever its schema is.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public static Database OpenAsItIs(string folder) => new(Path.Combine(folder, FileName));

    /// <summary>Whether there is a database in <paramref name="folder"/>.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>
    /// Stands for the state that a reader would see now; another one when anything was committed since, by any process.
    /// </summary>
    public CommitMark Mark => _index.Read();

    /// <summary>The revision of what feeds offer and patchsets hold, as it is now.</summary>
    public long OfferRevision
    {
        get
        {
            var mark = Mark;
            if (_seen is { } seen && seen.Mark == mark)
                return seen.Revision;
            var revision = Read(Node.Read).OfferRevision;
            _seen = new SeenRevision(mark, revision);
            return revision;
        }
    }

    /// <summary>Runs <paramref name="query"/> on one snapshot.</summary>
    public T Read<T>(Func<Session, T> query)
    {
        var session = _readers.TryTake(out var kept) ? kept : OpenReader();
        try
        {
            session.Execute("BEGIN");
            var result = query(session);
            session.Execute("COMMIT");
            Keep(session);
            return result;
        }
        catch (DbException e)
        {
            session.Dispose();
            throw SqliteStore.Translate(e);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Opens the connection of the one writer.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public Session OpenWriter() =>
        SqliteStore.Guard(() => new Session(SqliteStore.OpenWriter(_path), SqliteDialect.Instance));

    /// <summary>
    /// Why nothing can be written at present; null while the last commit succeeded, or another process has committed
    /// since.
    /// </summary>
    public StoreException? WriteFailure => _failed is { } failed && failed.Mark == Mark ? failed.Reason : null;

    /// <summary>Takes note that a commit failed; for the one writer.</summary>
    public void AfterFailure(StoreException reason) => _failed = reason.IsOfDisk ? new FailedWrite(reason, Mark) : null;

    /// <summary>Cleans up after a commit; for the one writer.</summary>
    public void AfterCommit(Session writer) => _checkpoints.AfterCommit(writer.Connection);

    /// <summary>
    /// Whether it can be written right now: takes the lock of writers and gives it back, writing nothing.
    /// </summary>
    /// <exception cref="StoreException">It cannot, within a second or two.</exception>
    public void ProbeWrite() => SqliteStore.Guard(() => SqliteStore.ProbeWrite(_path));

    /// <summary>
    /// Whether it is of the installation with this id. One that is of none yet is so from now on, unless it cannot be
    /// written.
    /// </summary>
    public bool IsOf(string instanceId)
    {
        try
        {
            return SqliteStore.Guard(() =>
            {
                using var writer = SqliteStore.OpenWriter(_path);
                return SqliteOwner.Is(writer, instanceId);
            });
        }
        catch (StoreException e) when (e.Error is StoreError.DiskFull or StoreError.ReadOnly or StoreError.Busy)
        {
            return true; // The next one to open it does it.
        }
    }

    /// <summary>Makes it the installation's with this id.</summary>
    /// <exception cref="StoreException">It cannot be written.</exception>
    public void GiveTo(string instanceId) =>
        SqliteStore.Guard(() =>
        {
            using var writer = SqliteStore.OpenWriter(_path);
            SqliteOwner.Set(writer, instanceId);
            return true;
        });

    /// <summary>Size of its files, in bytes: the database and the log that is to be taken into it.</summary>
    public long Size =>
        new[] { _path, _path + "-wal" }
            .Select(path => new FileInfo(path))
            .Where(file => file.Exists)
            .Sum(file => file.Length);

    /// <summary>
    /// Of these, the length of the log; it is used again and shrinks at the next start at the latest.
    /// </summary>
    public long LogSize => new FileInfo(_path + "-wal") is { Exists: true } log ? log.Length : 0;

    /// <summary>Bytes of the database that hold nothing any more and are used for what comes next.</summary>
    public long FreeBytes => Read(SqliteStore.FreeBytes);

    /// <summary>Says in the store's own terms what went wrong.</summary>
    public static StoreException Translate(DbException e) => SqliteStore.Translate(e);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_readers.TryTake(out var session))
            session.Dispose();
        _checkpoints.Dispose();
        _index.Dispose();
    }

    private Session OpenReader() =>
        SqliteStore.Guard(() => new Session(SqliteStore.OpenReader(_path), SqliteDialect.Instance));

    private void Keep(Session session)
    {
        if (_readers.Count < KeptReaders)
            _readers.Add(session);
        else
            session.Dispose();
    }

    private sealed record SeenRevision(CommitMark Mark, long Revision);

    private sealed record FailedWrite(StoreException Reason, CommitMark Mark);
}
