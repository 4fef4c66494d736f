using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using EPortal.EndToEnd.Portal;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Crash;

/// <summary><c>kill -9</c> in the middle of backups, restores and upgrades: the old or the new, never half.</summary>
public sealed class BackupCrashTests(ITestOutputHelper output) : IDisposable
{
    private const string Undo = """
        ALTER TABLE node DROP COLUMN incarnation;
        ALTER TABLE node DROP COLUMN mark;
        DROP TABLE former_origin;
        DELETE FROM schema_version WHERE ScriptName LIKE '%0022_incarnation.sql';
        """;

    private static readonly int s_kills = Number("EPORTAL_BACKUP_KILLS", 6);
    private static readonly int s_seed = Number("EPORTAL_SEED", 1);

    private readonly PortalInstallation _installation = new();
    private readonly Random _random = new(s_seed);

    private string Database => Path.Combine(_installation.DataDir, "eportal.sqlite");

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task A_backup_that_is_killed_is_whole_or_not_there()
    {
        await _installation.DoAsync("key", "add", "a");
        await FillAsync();
        var (whole, absent) = (0, 0);
        for (var kill = 0; kill < s_kills; kill++)
        {
            var file = _installation.PathOf($"backup{kill}.tar");
            if (HasAny(Path.Combine("cache", "backup"), "*"))
                Directory.Delete(Path.Combine(_installation.DataDir, "cache", "backup"), recursive: true);
            await KillAsync(() => HasAny(Path.Combine("cache", "backup"), "*"), "backup", file);
            if (!File.Exists(file))
            {
                absent++;
                continue;
            }

            using var other = new PortalInstallation();
            await other.DoAsync("restore", file);
            (await KeysAsync(other)).ShouldBe(["a"]);
            whole++;
        }

        await _installation.DoAsync("backup", _installation.PathOf("last.tar"));
        Directory.GetFileSystemEntries(Path.Combine(_installation.DataDir, "cache", "backup")).ShouldBeEmpty();
        output.WriteLine($"{s_kills} kills: {whole} backups were whole, {absent} not there");
    }

    [Fact]
    public async Task A_restore_that_is_killed_leaves_the_old_or_the_new()
    {
        await _installation.DoAsync("key", "add", "a");
        await FillAsync();
        var file = _installation.PathOf("backup.tar");
        await _installation.DoAsync("backup", file);
        await _installation.DoAsync("key", "add", "b");
        var (old, restored) = (0, 0);
        for (var kill = 0; kill < s_kills; kill++)
        {
            await KillAsync(() => HasAny(".restore", "*"), "restore", file);
            var keys = await KeysAsync(_installation);
            ShouldBeSound();
            if (keys.SequenceEqual(["a", "b"]))
            {
                old++;
                continue;
            }

            keys.ShouldBe(["a"]);
            restored++;
            await _installation.DoAsync("key", "add", "b");
        }

        await _installation.DoAsync("restore", file);
        (await KeysAsync(_installation)).ShouldBe(["a"]);
        Directory.Exists(Path.Combine(_installation.DataDir, ".restore")).ShouldBeFalse();
        output.WriteLine($"{s_kills} kills: {old} left the old, {restored} the new");
    }

    [Fact]
    public async Task An_upgrade_that_is_killed_leaves_the_old_or_the_new()
    {
        await _installation.DoAsync("key", "add", "a");
        await FillAsync();
        var (old, upgraded) = (0, 0);
        for (var kill = 0; kill < s_kills; kill++)
        {
            Execute(Undo);
            await KillAsync(() => HasAny("", ".eportal-before-*"), "database", "upgrade");
            ShouldBeSound();
            if (Scalar("SELECT count(*) FROM schema_version WHERE ScriptName LIKE '%0022_incarnation.sql'") == 0)
            {
                old++;
                Scalar("SELECT count(*) FROM sqlite_master WHERE name = 'former_origin'").ShouldBe(0);
            }
            else
            {
                upgraded++;
                Scalar("SELECT count(*) FROM sqlite_master WHERE name = 'former_origin'").ShouldBe(1);
            }

            (await KeysAsync(_installation)).ShouldBe(["a"]);
        }

        Directory.EnumerateFiles(_installation.DataDir, "*.copy").Count().ShouldBe(2);
        Directory.EnumerateFiles(_installation.DataDir, ".*.tmp").ShouldBeEmpty();
        output.WriteLine($"{s_kills} kills: {old} left the old, {upgraded} the new");
    }

    /// <summary>
    /// Starts a command and kills it at a moment that is chance on purpose, after its work has begun: most of its time
    /// a command only starts.
    /// </summary>
    private async Task KillAsync(Func<bool> hasBegun, params string[] args)
    {
        using var process = Process.Start(_installation.Start(Programs.Command, args))!;
        process.StandardInput.Close();
        await Eventually.IsTrueAsync(
            $"{args[0]} has begun",
            () => Task.FromResult(process.HasExited || hasBegun()),
            TimeSpan.FromMilliseconds(1)
        );
        await Task.Delay(_random.Next(1200), TestContext.Current.CancellationToken);
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private bool HasAny(string folder, string pattern) =>
        Directory.Exists(Path.Combine(_installation.DataDir, folder))
        && Directory.EnumerateFileSystemEntries(Path.Combine(_installation.DataDir, folder), pattern).Any();

    /// <summary>Makes the database large enough for a kill to fall into its copy.</summary>
    private Task FillAsync()
    {
        Execute(
            """
            INSERT INTO user_log (id, stamp, at, actor, action, detail)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
            SELECT 'bbbbbbbbbbbb.' || i, i, i, 'filler', 'fill', hex(randomblob(300)) FROM n
            """
        );
        return Task.CompletedTask;
    }

    private void ShouldBeSound()
    {
        using var database = Open();
        using var check = database.CreateCommand();
        check.CommandText = "PRAGMA integrity_check";
        check.ExecuteScalar().ShouldBe("ok");
    }

    private void Execute(string sql)
    {
        using var database = Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private long Scalar(string sql)
    {
        using var database = Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private SqliteConnection Open()
    {
        var database = new SqliteConnection($"Data Source={Database};Pooling=False");
        database.Open();
        return database;
    }

    private static async Task<IReadOnlyList<string>> KeysAsync(PortalInstallation installation)
    {
        using var keys = JsonDocument.Parse(await installation.DoAsync("key", "list", "--json"));
        return
        [
            .. keys
                .RootElement.EnumerateArray()
                .Select(key => key.GetProperty("key").GetString()!)
                .Order(StringComparer.Ordinal),
        ];
    }

    private static int Number(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : usual;
}
