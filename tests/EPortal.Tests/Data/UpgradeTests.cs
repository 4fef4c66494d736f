using System.Globalization;
using DbUp.Engine;
using EPortal.Data;
using EPortal.Data.Sqlite;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>Stores of earlier versions are upgraded with all that they hold, and kept as they were beside it.</summary>
public sealed class UpgradeTests : IDisposable
{
    private static readonly SqlScript s_failing = new(
        "eportal.Data.Sqlite.Migrations.9998_failing.sql",
        "CREATE TABLE begun (a INTEGER); INSERT INTO begun SELECT nothing FROM nowhere;"
    );

    private readonly TempFolder _folder = new();

    /// <summary>Numbers of all scripts but the last.</summary>
    public static TheoryData<int> Levels =>
        [.. SqliteMigrations.Scripts.Select(script => SqliteMigrations.NumberOf(script.Name)).SkipLast(1)];

    private string Path => _folder.File("eportal.sqlite");

    private IEnumerable<string> Copies => Directory.EnumerateFiles(_folder.Path, "*.copy").Order();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Levels))]
    public async Task A_store_of_every_earlier_version_is_upgraded_with_all_it_holds(int level)
    {
        MakeStore(level);
        var before = Rows();

        var keys = await PortalCli.JsonAsync(_folder.Path, "key", "list", "--json");

        var after = Rows();
        foreach (
            var (table, rows) in before.Where(row => row.Key is not ("schema_version" or "facts_log" or "checkin_log"))
        )
            if (after.TryGetValue(table, out var now))
                now.ShouldBeGreaterThanOrEqualTo(rows, table);
            else
                table.ShouldBeOneOf("server_count", "server_profile_of");
        if (before.GetValueOrDefault("facts_log") > 0)
            after["checkin_log"].ShouldBe(before["checkin_log"] + before["facts_log"]);
        if (level is >= 2 and < 20)
            after["server_search"].ShouldBe(after["server"]);
        if (level is >= 2 and < 24)
            after["placement_state"].ShouldBe(after["placement"]);
        if (level >= 2)
            keys.EnumerateArray().Select(key => key.GetProperty("key").GetString()).ShouldContain("old-key");
        Scalar(Path, "PRAGMA integrity_check").ShouldBe("ok");
        Scalar(Path, "PRAGMA foreign_key_check").ShouldBeNull();
        var copy = Copies.ShouldHaveSingleItem();
        System.IO.Path.GetFileName(copy).ShouldContain($"-schema{level:0000}-");
        Scalar(copy, "PRAGMA integrity_check").ShouldBe("ok");
        Scalar(copy, "SELECT max(ScriptName) FROM schema_version").ShouldBe(Script(level).Name);
        File.GetUnixFileMode(copy).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_new_store_is_not_copied_nor_is_one_that_is_up_to_date()
    {
        SqliteMigrations.Run(Path).ShouldBeNull();
        SqliteMigrations.Run(Path).ShouldBeNull();

        Copies.ShouldBeEmpty();
    }

    [Fact]
    public void A_database_of_another_program_is_refused()
    {
        using (var theirs = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            theirs.Open();
            using var command = theirs.CreateCommand();
            command.CommandText = "CREATE TABLE theirs (a)";
            command.ExecuteNonQuery();
        }

        Should
            .Throw<StoreException>(() => SqliteMigrations.Run(Path))
            .Message.ShouldContain("is not an ePortal database");

        Scalar(Path, "SELECT count(*) FROM sqlite_master").ShouldBe(1L);
    }

    [Fact]
    public void A_migration_that_fails_leaves_the_store_to_the_version_before()
    {
        MakeStore(21);
        var before = Rows();

        var error = Should.Throw<StoreException>(() =>
            SqliteMigrations.Run(Path, [.. SqliteMigrations.Scripts, s_failing], TimeProvider.System)
        );

        error.Message.ShouldBe(
            "cannot upgrade the database: 9998_failing.sql failed; nothing was changed, the version before can be started"
        );
        Rows().ShouldBe(before);
        Copies.ShouldBeEmpty("tried again and again, they would push out older ones");
        SqliteMigrations
            .Run(
                Path,
                [.. SqliteMigrations.Scripts.TakeWhile(script => SqliteMigrations.NumberOf(script.Name) <= 21)],
                TimeProvider.System
            )
            .ShouldBeNull();
    }

    [Fact]
    public void The_last_two_copies_are_kept()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        MakeStore(18);
        for (var upTo = 19; upTo <= 22; upTo++)
        {
            time.Advance(TimeSpan.FromDays(1));
            SqliteMigrations.Run(Path, Until(upTo), time).ShouldNotBeNull();
        }

        var copies = Copies.ToList();
        copies.Count.ShouldBe(2);
        copies[0].ShouldEndWith("-schema0020-20270104T000000Z.copy");
        copies[1].ShouldEndWith("-schema0021-20270105T000000Z.copy");
    }

    [Fact]
    public void A_newer_store_is_refused_with_the_copy_to_go_back_to()
    {
        MakeStore(21);
        SqliteMigrations.Run(Path, SqliteMigrations.Scripts, TimeProvider.System);
        var copy = Copies.Single();

        Should
            .Throw<StoreException>(() => SqliteMigrations.Run(Path, Until(21), TimeProvider.System))
            .Message.ShouldBe(
                $"the database was written by a newer version (it has '{Script(22).Name.Split("Migrations.")[1]}'); start that version, or "
                    + $"go back to before the upgrade, losing later changes: kc.eportal restore --db {copy}"
            );
        Should
            .Throw<StoreException>(() => SqliteMigrations.Run(Path, Until(20), TimeProvider.System))
            .Message.ShouldEndWith("restore a backup made before the upgrade");
    }

    [Fact]
    public void Without_room_for_the_copy_nothing_is_changed()
    {
        using var disk = SmallDisk.MountOrSkip(_folder.File("disk"), "8m");
        var path = System.IO.Path.Combine(_folder.File("disk"), "eportal.sqlite");
        SqliteMigrations.Run(path, Until(21), TimeProvider.System);

        var error = Should.Throw<StoreException>(() => SqliteMigrations.Run(path));

        error.Error.ShouldBe(StoreError.DiskFull);
        error.Message.ShouldStartWith("no room to copy the database before the upgrade: ");
        Scalar(path, "SELECT count(*) FROM schema_version").ShouldBe((long)Until(21).Count);
    }

    private static IReadOnlyList<SqlScript> Until(int number) =>
        [.. SqliteMigrations.Scripts.Where(script => SqliteMigrations.NumberOf(script.Name) <= number)];

    private static SqlScript Script(int number) =>
        SqliteMigrations.Scripts.Single(script => SqliteMigrations.NumberOf(script.Name) == number);

    private void MakeStore(int level)
    {
        File.WriteAllText(_folder.File("instance-id"), "old-installation\n");
        SqliteMigrations.Run(Path, Until(level), TimeProvider.System);
        using var connection = Open(Path);
        foreach (var (_, _, sql) in StoreSamples.Rows.Where(row => row.From <= level && level < row.Until))
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    /// <summary>How many rows each table has.</summary>
    private Dictionary<string, long> Rows()
    {
        using var connection = Open(Path);
        var tables = new List<string>();
        using (var command = connection.CreateCommand())
        {
            command.CommandText =
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
            using var reader = command.ExecuteReader();
            while (reader.Read())
                tables.Add(reader.GetString(0));
        }

        return tables.ToDictionary(
            table => table,
            table => Convert.ToInt64(Scalar(Path, $"SELECT count(*) FROM \"{table}\""), CultureInfo.InvariantCulture),
            StringComparer.Ordinal
        );
    }

    private static object? Scalar(string path, string sql)
    {
        using var connection = Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False;Foreign Keys=True");
        connection.Open();
        return connection;
    }
}
