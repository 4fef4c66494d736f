using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EPortal.Data.Sqlite;

/// <summary>
/// Copies a database that others write to meanwhile: one snapshot, page by page, by SQLite's own backup
/// (https://www.sqlite.org/backup.html). A copy is one file, without a log beside it, and bears no file mark
/// (<see cref="SqliteFileWatch"/>).
/// </summary>
internal static class SqliteCopy
{
    /// <summary>Pages between two looks at the log and at the wish to stop: 4 MiB.</summary>
    private const int PagesAtOnce = 1024;

    // What the first bytes of a database say (https://www.sqlite.org/fileformat2.html, 1.3).
    private const int VersionsAt = 18;
    private const byte WithoutLog = 1;

    /// <summary>
    /// Copies into a new file that is on disk when this returns. The log cannot restart while the snapshot is read, so
    /// a copy that lets it grow beyond <paramref name="maxLog"/> bytes is given up.
    /// </summary>
    /// <exception cref="StoreException">The database cannot be read, or the copy took too long.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public static void Write(string source, string target, long maxLog, CancellationToken cancel)
    {
        using (
            var file = new FileStream(
                target,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            )
        )
        {
            // Only its mode is wanted: SQLite would give it what the umask leaves.
        }

        SqliteStore.Guard(() =>
        {
            using var from = (SqliteConnection)SqliteStore.OpenReader(source);
            using var to = SqliteStore.OpenPlain(target, "PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF");
            // Without a transaction around all steps each commit of another process would begin the copy anew.
            Execute(from, "BEGIN");
            Execute(from, "SELECT count(*) FROM sqlite_master");
            Steps(from, to, new FileInfo(source + "-wal"), maxLog, cancel);
            return true;
        });
        Finish(target);
    }

    /// <summary>Whether a file begins like a database of SQLite.</summary>
    public static bool IsDatabase(ReadOnlySpan<byte> beginning) => beginning.StartsWith("SQLite format 3\0"u8);

    /// <summary>
    /// Checks a copy that nobody uses: that it is whole, that its rows go together, that it is an ePortal database.
    /// </summary>
    /// <returns>The scripts that made its schema.</returns>
    /// <exception cref="StoreException">It is none, or damaged.</exception>
    public static IReadOnlySet<string> Verify(string path) =>
        SqliteStore.Guard(() =>
        {
            using var connection = SqliteStore.OpenPlain(path);
            if (Scalar(connection, "PRAGMA integrity_check(1)") is not "ok")
                throw new StoreException(
                    StoreError.Unusable,
                    $"{Path.GetFileName(path)} is damaged: integrity check failed"
                );
            if (Scalar(connection, "PRAGMA foreign_key_check") is not null)
                throw new StoreException(
                    StoreError.Unusable,
                    $"{Path.GetFileName(path)} is damaged: rows refer to rows that are missing"
                );
            var scripts = SqliteMigrations.Applied(connection);
            return scripts.Count > 0
                ? scripts
                : throw new StoreException(StoreError.Unusable, $"{Path.GetFileName(path)} is not an ePortal database");
        });

    /// <summary>
    /// Takes the log beside a copied file into it, so that it is one file; nobody else uses it. Without a log nothing
    /// is done.
    /// </summary>
    /// <exception cref="StoreException">It is no database, or damaged.</exception>
    public static void TakeLogIn(string path) =>
        SqliteStore.Guard(() =>
        {
            using var connection = SqliteStore.OpenPlain(path, "PRAGMA synchronous=FULL");
            foreach (var statement in (string[])["PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode=DELETE"])
                Execute(connection, statement);
            return true;
        });

    private static void Steps(
        SqliteConnection from,
        SqliteConnection to,
        FileInfo log,
        long maxLog,
        CancellationToken cancel
    )
    {
        using var backup =
            raw.sqlite3_backup_init(to.Handle, "main", from.Handle, "main")
            ?? throw new StoreException(StoreError.Unusable, "cannot begin to copy the database");
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var result = raw.sqlite3_backup_step(backup, PagesAtOnce);
            if (result == raw.SQLITE_DONE)
                return;
            if (result != raw.SQLITE_OK)
                throw new SqliteException("the copy failed", result);
            log.Refresh();
            if (log.Exists && log.Length > maxLog)
                throw new StoreException(
                    StoreError.Busy,
                    $"copying the database took too long: its log grew to {log.Length >> 20} MiB meanwhile; "
                        + "copy to a faster disk, or when fewer hosts check in"
                );
        }
    }

    /// <summary>Takes the sign of a log and the file mark out of the copied header and flushes.</summary>
    private static void Finish(string target)
    {
        using var file = File.OpenHandle(target, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.Write(file, [WithoutLog, WithoutLog], VersionsAt);
        RandomAccess.Write(file, [0, 0, 0, 0], SqliteFileWatch.MarkAt);
        RandomAccess.FlushToDisk(file);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
