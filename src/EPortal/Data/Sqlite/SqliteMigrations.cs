using System.Data.Common;
using System.Globalization;
using System.Reflection;
using DbUp;
using DbUp.Engine;
using DbUp.Engine.Output;
using DbUp.Sqlite.Helpers;
using EPortal.Blobs;

namespace EPortal.Data.Sqlite;

/// <summary>
/// Brings the schema up to date with the numbered scripts beside this file. A database that holds something is copied
/// first (<see cref="UpgradeCopies"/>).
/// </summary>
internal static class SqliteMigrations
{
    private const string Folder = ".Data.Sqlite.Migrations.";
    private const int NumberLength = 4;

    /// <summary>The scripts of this program, in order.</summary>
    public static IReadOnlyList<SqlScript> Scripts { get; } =
    [
        .. Assembly
            .GetExecutingAssembly()
            .GetManifestResourceNames()
            .Where(name => name.Contains(Folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
                SqlScript.FromStream(name, Assembly.GetExecutingAssembly().GetManifestResourceStream(name))
            ),
    ];

    /// <summary>Runs the scripts that this database has not seen, all or none; one process at a time.</summary>
    /// <returns>The copy of the database as it was; null where there was nothing to do, or nothing to copy.</returns>
    /// <exception cref="StoreException">A script failed, there is no room for the copy, or the database comes from a
    /// newer version.</exception>
    public static string? Run(string path) => Run(path, Scripts, TimeProvider.System);

    /// <inheritdoc cref="Run(string)"/>
    internal static string? Run(string path, IReadOnlyList<SqlScript> scripts, TimeProvider time)
    {
        using var connection = SqliteStore.OpenWriter(path);
        if (IsDone(connection, path, scripts))
            return null;
        using var migrating = FileLock.Acquire(path + ".migrate.lock");
        // Another process may have done it meanwhile.
        if (IsDone(connection, path, scripts))
            return null;
        var done = Applied(connection);
        if (done.Count == 0 && HasTables(connection))
            throw new StoreException(StoreError.Unusable, $"{path} is not an ePortal database; nothing was changed");
        var copy = done.Count > 0 ? UpgradeCopies.Make(path, done.Max(NumberOf), time.GetUtcNow()) : null;
        using var shared = new SharedConnection(connection);
        var result = DeployChanges
            .To.SqliteDatabase(shared)
            .WithScripts(scripts)
            .JournalToSqliteTable("schema_version")
            .WithTransaction()
            .WithVariablesDisabled()
            .LogTo(new NoOpUpgradeLog())
            .Build()
            .PerformUpgrade();
        if (result.Successful)
        {
            UpgradeCopies.Prune(path);
            return copy;
        }

        // Nothing changed, so the database itself is what was copied: tried again, copies must not push out older ones.
        if (copy is not null)
            File.Delete(copy);
        var script = ShortName(result.ErrorScript?.Name ?? "");
        throw new StoreException(
            result.Error is DbException e && SqliteStore.Translate(e) is { Error: StoreError.DiskFull }
                ? StoreError.DiskFull
                : StoreError.Unusable,
            $"cannot upgrade the database: {script} failed; nothing was changed, the version before can be started",
            result.Error
        );
    }

    private static bool HasTables(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table')";
        return (long)command.ExecuteScalar()! != 0;
    }

    /// <summary>The scripts that a database has seen.</summary>
    public static IReadOnlySet<string> Applied(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'";
        if ((long)command.ExecuteScalar()! == 0)
            return new HashSet<string>();
        command.CommandText = "SELECT ScriptName FROM schema_version";
        using var reader = command.ExecuteReader();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read())
            names.Add(reader.GetString(0));
        return names;
    }

    /// <summary>A script that this program does not have; null when it has all of them.</summary>
    public static string? StrangeOrNull(IEnumerable<string> applied) => StrangeOrNull(applied, Scripts);

    /// <summary>The number of a script.</summary>
    public static int NumberOf(string script) =>
        int.TryParse(
            ShortName(script).AsSpan(0, Math.Min(NumberLength, ShortName(script).Length)),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var number
        )
            ? number
            : 0;

    private static string? StrangeOrNull(IEnumerable<string> applied, IReadOnlyList<SqlScript> scripts) =>
        applied.Except(scripts.Select(script => script.Name)).Order(StringComparer.Ordinal).FirstOrDefault() is { } name
            ? ShortName(name)
            : null;

    private static bool IsDone(DbConnection connection, string path, IReadOnlyList<SqlScript> scripts)
    {
        var done = Applied(connection);
        if (StrangeOrNull(done, scripts) is not { } strange)
            return done.Count == scripts.Count;
        var copy = UpgradeCopies.NewestOrNull(path, scripts.Max(script => NumberOf(script.Name)));
        throw new StoreException(
            StoreError.Unusable,
            $"the database was written by a newer version (it has '{strange}'); start that version, or "
                + (
                    copy is null
                        ? "restore a backup made before the upgrade"
                        : $"go back to before the upgrade, losing later changes: kc.eportal restore --db {copy}"
                )
        );
    }

    private static string ShortName(string script) =>
        script.LastIndexOf(Folder, StringComparison.Ordinal) is >= 0 and var at
            ? script[(at + Folder.Length)..]
            : script;
}
