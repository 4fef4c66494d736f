using Dapper;
using EPortal.Data;
using Microsoft.Data.Sqlite;

namespace EPortal.Tests.Data.Sqlite;

/// <summary>SQLite; a place is a folder.</summary>
internal sealed class SqliteTestDatabase : TestDatabase
{
    /// <summary>The one there is.</summary>
    public static readonly SqliteTestDatabase Instance = new();

    private SqliteTestDatabase() { }

    internal override string NewPlace() => Directory.CreateTempSubdirectory("eportal-store-").FullName;

    internal override Database Open(string place) => Database.Open(place);

    internal override void Remove(string place) => Directory.Delete(place, recursive: true);

    internal override IReadOnlyList<string> Tables(Session session) =>
        [
            .. session.Connection.Query<string>(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ),
        ];

    internal override void AddFutureMigration(Session session) =>
        session.Execute(
            "INSERT INTO schema_version (ScriptName, Applied) VALUES ('eportal.Data.Sqlite.Migrations.9999_future.sql', '2030-01-01')"
        );

    internal override void DeferReferences(Session session) => session.Execute("PRAGMA defer_foreign_keys=ON");

    internal override void AddTrigger(Session session, string when, string statement) =>
        session.Execute($"CREATE TRIGGER test_{Guid.NewGuid():N} {when} BEGIN {statement}; END");

    internal override void BeforeReading(Session session, string table, Action action)
    {
        ((SqliteConnection)session.Connection).CreateFunction(
            "held",
            () =>
            {
                action();
                return 1L;
            }
        );
        session.Execute("PRAGMA query_only=OFF");
        session.Execute($"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE held()");
        session.Execute("PRAGMA query_only=ON");
    }
}
