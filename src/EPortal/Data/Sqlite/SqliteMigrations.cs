using System.Reflection;
using DbUp;
using DbUp.Engine.Output;
using DbUp.Sqlite.Helpers;
using EPortal.Blobs;

namespace EPortal.Data.Sqlite;

/// <summary>Brings the schema up to date with the numbered scripts beside this file.</summary>
internal static class SqliteMigrations
{
    private const string Folder = ".Data.Sqlite.Migrations.";

    /// <summary>Runs the scripts that this database has not seen, all or none; one process at a time.</summary>
    /// <exception cref="StoreException">A script failed, or the database comes from a newer version.</exception>
    public static bool Run(string path)
    {
        using var connection = SqliteStore.OpenWriter(path);
        var known = ScriptNames();
        var done = Applied(connection);
        if (done.Except(known).FirstOrDefault() is { } strange)
            throw new StoreException(
                StoreError.Unusable,
                $"the database was written by a newer version (it has '{strange}')"
            );
        if (done.Count == known.Count)
            return false;
        using var migrating = FileLock.Acquire(path + ".migrate.lock");
        using var shared = new SharedConnection(connection);
        var result = DeployChanges
            .To.SqliteDatabase(shared)
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly(), IsScript)
            .JournalToSqliteTable("schema_version")
            .WithTransaction()
            .LogTo(new NoOpUpgradeLog())
            .Build()
            .PerformUpgrade();
        return result.Successful
            ? true
            : throw new StoreException(
                StoreError.Unusable,
                $"cannot migrate the database: {result.ErrorScript?.Name} failed",
                result.Error
            );
    }

    private static bool IsScript(string resource) => resource.Contains(Folder, StringComparison.Ordinal);

    private static HashSet<string> ScriptNames() =>
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(IsScript)];

    private static HashSet<string> Applied(System.Data.Common.DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'";
        if ((long)command.ExecuteScalar()! == 0)
            return [];
        command.CommandText = "SELECT ScriptName FROM schema_version";
        using var reader = command.ExecuteReader();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read())
            names.Add(reader.GetString(0));
        return names;
    }
}
