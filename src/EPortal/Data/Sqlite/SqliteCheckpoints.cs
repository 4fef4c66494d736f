using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace EPortal.Data.Sqlite;

/// <summary>
/// Takes the write-ahead log into the database beside the writer's work: left to SQLite, a commit now and then would do
/// it for hundreds of others, and all who wait for that commit would wait for it. What little came meanwhile the writer
/// takes itself, for the log restarts only after all of it was copied.
/// </summary>
internal sealed class SqliteCheckpoints(string path) : IDisposable
{
    /// <summary>Length of the log that is enough to begin.</summary>
    private const long Enough = 4L * 1024 * 1024;

    /// <summary>Pages that the writer takes itself.</summary>
    private const long Few = 500;

    private readonly FileInfo _log = new(path + "-wal");
    private SqliteConnection? _connection;
    private Task<long> _running = Task.FromResult(0L);
    private bool _begun;

    /// <summary>Looks after the log; for the writer, between commits.</summary>
    public void AfterCommit(DbConnection writer)
    {
        if (!_running.IsCompleted)
            return;
        if (_begun)
        {
            // A failure is the next commit's to find: nothing is lost by it.
            var left = _running.IsCompletedSuccessfully ? _running.Result : 0;
            _begun = false;
            if (left is > 0 and <= Few)
                Take(writer);
            else if (left > Few)
                Begin();
            return;
        }

        _log.Refresh();
        if (_log.Exists && _log.Length > Enough)
            Begin();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _running.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        _connection?.Dispose();
    }

    private void Begin()
    {
        _connection ??= (SqliteConnection)SqliteStore.OpenWriter(path);
        _begun = true;
        _running = Task.Run(() => Take(_connection));
    }

    /// <summary>Takes what can be taken without waiting for anybody; gives the pages that are left.</summary>
    private static long Take(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(PASSIVE)";
        using var row = command.ExecuteReader();
        return row.Read() ? row.GetInt64(1) - row.GetInt64(2) : 0;
    }
}
