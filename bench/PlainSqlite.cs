using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Bench;

/// <summary>
/// The floor of everything durable: one thread updating rows in the same database, with the same durability.
/// </summary>
internal static class PlainSqlite
{
    private const int Rows = 1000;

    /// <summary>Rows a second, that many in one transaction.</summary>
    public static double Run(string file, int perCommit, TimeSpan time)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        Execute(
            connection,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, at INTEGER, uptime INTEGER)"
        );
        for (var row = 0; row < Rows; row++)
            Execute(connection, $"INSERT OR IGNORE INTO t VALUES ({row}, 0, 0)");
        using var update = connection.CreateCommand();
        update.CommandText = "UPDATE t SET at = @at, uptime = @at WHERE id = @id";
        var (id, at) = (
            update.Parameters.Add("@id", SqliteType.Integer),
            update.Parameters.Add("@at", SqliteType.Integer)
        );
        var clock = Stopwatch.StartNew();
        var count = 0L;
        while (clock.Elapsed < time)
        {
            Execute(connection, "BEGIN IMMEDIATE");
            for (var n = 0; n < perCommit; n++, count++)
            {
                (id.Value, at.Value) = (count % Rows, count);
                update.ExecuteNonQuery();
            }

            Execute(connection, "COMMIT");
        }

        return count / clock.Elapsed.TotalSeconds;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
