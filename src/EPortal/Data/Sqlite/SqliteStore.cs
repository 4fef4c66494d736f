using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace EPortal.Data.Sqlite;

/// <summary>How SQLite is opened and how its errors are told.</summary>
internal static class SqliteStore
{
    /// <summary>Older versions can corrupt a WAL database that is reset while another connection checkpoints.</summary>
    private static readonly Version OldestSafe = new(3, 51, 3);

    // Result codes of https://www.sqlite.org/rescode.html.
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;
    private const int IoErrorShmSize = 10 | (19 << 8);

    /// <summary>Opens a connection for reading.</summary>
    public static DbConnection OpenReader(string path) => Open(path, SqliteOpenMode.ReadWrite, "PRAGMA query_only=ON");

    /// <summary>
    /// Opens the connection that writes; a commit is on disk when it returns. It keeps more pages than usual, for a
    /// check-in may come from any host. Its log is taken in by <see cref="SqliteCheckpoints"/>, or by SQLite where
    /// nobody does, and is cut to 64 MiB when it restarts.
    /// </summary>
    public static DbConnection OpenWriter(string path) =>
        Open(
            path,
            SqliteOpenMode.ReadWriteCreate,
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "PRAGMA cache_size=-65536",
            "PRAGMA wal_autocheckpoint=32768",
            "PRAGMA journal_size_limit=67108864"
        );

    /// <summary>
    /// Opens a file that nobody else uses, such as a copy: without a log where <paramref name="pragmas"/> do not ask
    /// for one.
    /// </summary>
    public static SqliteConnection OpenPlain(string path, params string[] pragmas) =>
        Open(path, SqliteOpenMode.ReadWriteCreate, pragmas);

    /// <summary>Takes the lock of writers and gives it back, writing nothing; true, or an exception.</summary>
    public static bool ProbeWrite(string path)
    {
        using var writer = OpenWriter(path);
        using var command = writer.CreateCommand();
        command.CommandTimeout = 1;
        // One statement a command: what fails behind one that answers rows would go unheard.
        foreach (
            var statement in (string[])["PRAGMA busy_timeout=500", SqliteDialect.Instance.BeginWriting, "ROLLBACK"]
        )
        {
            command.CommandText = statement;
            command.ExecuteNonQuery();
        }

        return true;
    }

    /// <summary>Bytes of the database that hold nothing any more.</summary>
    public static long FreeBytes(Session session) =>
        (long)session.Scalar("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size")!;

    /// <summary>Runs <paramref name="action"/> and tells failures of the database as the store's own.</summary>
    public static T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (DbException e)
        {
            throw Translate(e);
        }
    }

    /// <summary>The store's error for one of SQLite's, by its code and never by its text.</summary>
    public static StoreException Translate(DbException e) =>
        e is not SqliteException sqlite
            ? new StoreException(StoreError.Unusable, "the database failed", e)
            : sqlite.SqliteErrorCode switch
            {
                Full => new StoreException(StoreError.DiskFull, "disk full: the database was not changed", e),
                IoError when sqlite.SqliteExtendedErrorCode == IoErrorShmSize => new StoreException(
                    StoreError.DiskFull,
                    "disk full: the database was not changed",
                    e
                ),
                ReadOnly or CannotOpen => new StoreException(
                    StoreError.ReadOnly,
                    "cannot write to the database; check the permissions of the data folder",
                    e
                ),
                Corrupt or NotADatabase => new StoreException(
                    StoreError.Unusable,
                    "the database is damaged or not an ePortal database; restore it from a backup",
                    e
                ),
                Busy => new StoreException(StoreError.Busy, "the database is locked by another process; try again", e),
                var code => new StoreException(StoreError.Unusable, $"the database failed with SQLite error {code}", e),
            };

    private static SqliteConnection Open(string path, SqliteOpenMode mode, params string[] pragmas)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = mode,
                Pooling = false,
                ForeignKeys = true,
                DefaultTimeout = 30,
            }.ToString()
        );
        try
        {
            connection.Open();
            if (Version.Parse(connection.ServerVersion) < OldestSafe)
                throw new StoreException(
                    StoreError.Unusable,
                    $"SQLite {connection.ServerVersion} is too old; {OldestSafe} is required"
                );
            // One by one: errors of a statement behind one that answers a row are not told.
            foreach (var pragma in (string[])["PRAGMA busy_timeout=30000", .. pragmas])
            {
                using var setup = connection.CreateCommand();
                setup.CommandText = pragma;
                setup.ExecuteNonQuery();
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
