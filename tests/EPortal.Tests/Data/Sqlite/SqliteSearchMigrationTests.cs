using Dapper;
using EPortal.Data;
using EPortal.EndToEnd;
using EPortal.Feeds;
using EPortal.Hosting;
using EPortal.Servers;
using EPortal.Servers.Search;
using EPortal.Tests.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data.Sqlite;

/// <summary>
/// A portal that was killed while rows for lists were put off, and upgraded then, makes them at its next start.
/// </summary>
public sealed class SqliteSearchMigrationTests
{
    /// <summary>The script since which the program keeps those rows; triggers did before.</summary>
    private const int Projection = 20;

    [Fact]
    public async Task Hosts_without_a_row_before_the_upgrade_are_in_lists_after_the_next_start()
    {
        using var folder = new TempFolder();
        WriteOld(folder.File("eportal.sqlite"));
        using var upgraded = Database.Open(folder.Path);
        Lines(upgraded, "SELECT hostname FROM server_search").ShouldBe(["h1"]); // The others were put off.
        var time = new FakeTimeProvider();
        await using var log = new ChangeLog(upgraded, Entities.Catalog, time);

        _ = new SearchBacklog(log);
        log.StartMaintenance();

        await Eventually.IsTrueAsync(
            "all hosts are in lists",
            () => Task.FromResult(upgraded.Read(SearchProjection.CountMissing) == 0)
        );
        Lines(
                upgraded,
                "SELECT x.server || ' ' || x.hostname || ' ' || p.patch_level FROM server_search x JOIN server_group g ON g.id = x.grp JOIN server_profile p ON p.id = g.profile ORDER BY x.server"
            )
            .ShouldBe(["1 h1 0", "2 h2 0", "3 told 7", "4 h4 0"]);
        Lines(
                upgraded,
                "SELECT p.patch_level || ' ' || g.servers FROM server_group g JOIN server_profile p ON p.id = g.profile ORDER BY 1"
            )
            .ShouldBe(["0 3", "7 1"]);
        Lines(upgraded, "SELECT tag || ' ' || servers FROM server_tag_count ORDER BY 1").ShouldBe(["db 1", "web 4"]);
        new ServerStore(upgraded, log, new HostChangeLimiter(0, time), time)
            .List(new ServerQuery { Tag = "web" }, new Offers())
            .Select(server => server.Facts.Hostname)
            .ShouldBe(["h1", "h2", "told", "h4"], ignoreOrder: true);
    }

    private static List<string> Lines(Database database, string sql) =>
        database.Read(session => session.Connection.Query<string>(sql).ToList());

    /// <summary>
    /// Writes a store as the version before left it: of four hosts three registered in a storm, and one of them has
    /// checked in since.
    /// </summary>
    private static void WriteOld(string path)
    {
        using var old = new SqliteConnection($"Data Source={path};Pooling=False");
        old.Open();
        old.Execute(
            "CREATE TABLE schema_version (SchemaVersionID INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, ScriptName TEXT NOT NULL, Applied DATETIME NOT NULL)"
        );
        foreach (var (_, name) in MigrationScripts.All.Where(script => script.Number < Projection))
        {
            old.Execute(MigrationScripts.Read(name));
            old.Execute("INSERT INTO schema_version (ScriptName, Applied) VALUES (@name, '2026-05-01')", new { name });
        }

        old.Execute(
            "INSERT INTO key (id, stamp, name, feed, products) VALUES ('0123456789ab.9', 1, 'k', @MainId, 'kernel')",
            new { Feed.MainId }
        );
        for (var n = 1; n <= 4; n++)
        {
            old.Execute(
                """
                INSERT INTO server (local, id, stamp, server_id, key, hostname, ip, registered, tags)
                VALUES (@n, '0123456789ab.' || @n, 1, 'AAAAAAAAAAAAAAA' || @n, '0123456789ab.9', 'h' || @n, '192.0.2.9', 5, @tags)
                """,
                new { n, tags = n == 3 ? "web;db" : "web" }
            );
            old.Execute("UPDATE node SET search_later = 1");
        }

        old.Execute(
            """
            INSERT INTO server_facts (server, ip, hostname, kernel_id, release, euname, patch_level, patch_type, version, virt, kcare_version, distro,
              distro_version, machine, processor, sticky_patchset, update_delay, update_result, feed)
            VALUES (3, '192.0.2.9', 'told', 'aa', '', '', 7, '', '', '', '', '', '', '', '', '', 0, '', 'main');
            INSERT INTO server_checkin (server, at, uptime, stamp, origin) VALUES (3, 6, 100, 2, '0123456789ab');
            """
        );
    }
}
