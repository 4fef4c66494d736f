using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
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

    /// <summary>Name of its file.</summary>
    public const string FileName = "eportal.sqlite";

    /// <summary>How long the log may get while a copy is made: it cannot restart meanwhile.</summary>
    private const long MaxLogOfCopy = 4L << 30;

    private readonly ConcurrentBag<Session> _readers = [];
    private readonly string _path;
    private readonly HighWater _water;
    private readonly WalIndex _index;
    private readonly SqliteFileWatch _watch;
    private readonly SqliteCheckpoints _checkpoints;
    private volatile SeenRevision? _seen;
    private volatile FailedWrite? _failed;

    static Database() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    private Database(string path)
    {
        (_path, _checkpoints) = (path, new SqliteCheckpoints(path));
        _water = new HighWater(Path.GetDirectoryName(path)!);
        var connection = SqliteStore.Guard(() => SqliteStore.OpenReader(path));
        _index = SqliteStore.Guard(() => new WalIndex(connection));
        _watch = new SqliteFileWatch(connection, _water, path);
    }

    /// <summary>
    /// The copy that was made of it when it was upgraded as it was opened; null when it was not upgraded.
    /// </summary>
    public string? UpgradeCopy { get; private init; }

    /// <summary>Why it took a new origin as it was opened; null when it did not.</summary>
    public NewOrigin? NewOrigin { get; private set; }

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
        var copy = SqliteStore.Guard(() => SqliteMigrations.Run(path));
        var database = new Database(path) { UpgradeCopy = copy };
        try
        {
            database.Settle();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
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

    /// <summary>
    /// Checks a copy that nobody uses: takes in a log that lies beside it, then looks whether it is whole and whether
    /// this program can use it.
    /// </summary>
    /// <param name="path">The copy.</param>
    /// <param name="instanceId">The installation that it is to be used by.</param>
    /// <exception cref="StoreException">It is damaged, of a newer version, of another installation, or no database of
    /// this program.</exception>
    public static void VerifyCopy(string path, string instanceId)
    {
        SqliteCopy.TakeLogIn(path);
        if (SqliteMigrations.StrangeOrNull(SqliteCopy.Verify(path)) is { } strange)
            throw new StoreException(
                StoreError.Unusable,
                $"the database in it was written by a newer version (it has '{strange}'); install that version or a newer one"
            );
        RequireOwner(path, instanceId);
    }

    /// <summary>Makes sure that a database which nobody uses may be used by an installation.</summary>
    /// <exception cref="StoreException">It belongs to another one.</exception>
    public static void RequireOwner(string path, string instanceId)
    {
        if (!SqliteStore.Guard(() => SqliteOwner.MayBe(path, instanceId)))
            throw new StoreException(
                StoreError.Unusable,
                $"database and instance-id '{instanceId}' would belong to different installations; restore both together"
            );
    }

    /// <summary>Whether a file begins like a database.</summary>
    public static bool IsDatabase(ReadOnlySpan<byte> beginning) => SqliteCopy.IsDatabase(beginning);

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

    /// <summary>
    /// Opens a connection that sees the state of this moment until it is closed. The log cannot start anew meanwhile,
    /// so that is not to take long.
    /// </summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public Session OpenSnapshot()
    {
        var session = OpenReader();
        session.Execute("BEGIN");
        // The snapshot is taken by the first look.
        session.Scalar("SELECT 1 FROM node");
        return session;
    }

    /// <summary>Opens the connection of the one writer.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public Session OpenWriter()
    {
        RequireSame();
        return SqliteStore.Guard(() => new Session(SqliteStore.OpenWriter(_path), SqliteDialect.Instance));
    }

    /// <summary>
    /// Why nothing can be written at present; null while the last commit succeeded, or another process has committed
    /// since.
    /// </summary>
    public StoreException? WriteFailure => _failed is { } failed && failed.Mark == Mark ? failed.Reason : null;

    /// <summary>Takes note that a commit failed; for the one writer.</summary>
    public void AfterFailure(StoreException reason) => _failed = reason.IsOfDisk ? new FailedWrite(reason, Mark) : null;

    /// <summary>Cleans up after a commit, and notes how far the node came; for the one writer.</summary>
    public void AfterCommit(Session writer, Node node)
    {
        _checkpoints.AfterCommit(writer.Connection);
        try
        {
            _water.Note(node);
        }
        catch (IOException)
        {
            // It stays behind, as after a power cut; the next commit notes more.
        }
    }

    /// <summary>
    /// Makes sure that the file is still the one that was opened: who writes to another one, or to one that is deleted,
    /// loses what is acknowledged.
    /// </summary>
    /// <exception cref="StoreException">It was deleted, replaced or overwritten.</exception>
    public void RequireSame()
    {
        if (!_watch.IsSame())
            throw new StoreException(
                StoreError.Unusable,
                $"database {_path} or its log was deleted or replaced while it was in use, nothing is written to it; "
                    + "stop the portal, put the right file in place, start it again"
            );
    }

    /// <summary>
    /// Marks the file, so that one which is put in its place from now on is noticed whatever it is; for the process
    /// that serves. On a full disk the mark of the last start goes on to count.
    /// </summary>
    public void MarkFile()
    {
        try
        {
            SqliteStore.Guard(() =>
            {
                var mark = (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue);
                _water.WriteMark(mark);
                using var writer = SqliteStore.OpenWriter(_path);
                SqliteFileWatch.Set(writer, mark);
                return true;
            });
        }
        catch (Exception e)
            when (e
                    is IOException
                        or StoreException { Error: StoreError.DiskFull or StoreError.ReadOnly or StoreError.Busy }
            )
        {
            // Nothing else depends on it.
        }
    }

    /// <summary>
    /// Copies what is committed now into a new file, while others read and write, and flushes it.
    /// </summary>
    /// <param name="target">The file; it must not be there.</param>
    /// <param name="cancel">Stops it; the file is then to be deleted.</param>
    /// <exception cref="StoreException">The database cannot be read, or copying took too long.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void CopyTo(string target, CancellationToken cancel)
    {
        RequireSame();
        SqliteCopy.Write(_path, target, MaxLogOfCopy, cancel);
    }

    /// <summary>
    /// Whether it can be written right now: takes the lock of writers and gives it back, writing nothing.
    /// </summary>
    /// <exception cref="StoreException">It cannot, within a second or two.</exception>
    public void ProbeWrite()
    {
        RequireSame();
        SqliteStore.Guard(() => SqliteStore.ProbeWrite(_path));
    }

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
        if (!_watch.IsDatabaseSame())
            _watch.LeaveFileAlone();
        while (_readers.TryTake(out var session))
            session.Dispose();
        _checkpoints.Dispose();
        _index.Dispose();
        _water.Dispose();
    }

    private void Settle()
    {
        try
        {
            NewOrigin = SqliteStore.Guard(() => new NodeIdentity(this, _water, TimeProvider.System).Settle());
        }
        catch (IOException e)
        {
            throw new StoreException(
                StoreError.ReadOnly,
                $"cannot write {HighWater.FileName} beside the database: {e.Message}",
                e
            );
        }
    }

    private Session OpenReader()
    {
        RequireSame();
        return SqliteStore.Guard(() => new Session(SqliteStore.OpenReader(_path), SqliteDialect.Instance));
    }

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
