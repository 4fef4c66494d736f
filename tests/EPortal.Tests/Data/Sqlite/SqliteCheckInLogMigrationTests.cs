using System.Buffers.Binary;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Servers.Search;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data.Sqlite;

/// <summary>A portal that was killed in a storm and upgraded then loses nothing of what it acknowledged.</summary>
public sealed class SqliteCheckInLogMigrationTests
{
    private static readonly ServerFacts s_facts = new()
    {
        Hostname = "told",
        Ip = "192.0.2.9",
        KernelId = new string('a', 40),
        PatchLevel = 1,
        Feed = "main",
    };

    [Fact]
    public async Task What_waits_in_the_two_logs_of_before_comes_into_the_rows()
    {
        await using var store = new TestStore(SqliteTestDatabase.Instance);
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        var known = new ServerCache(store.Database, new Offers());
        var ids = new List<string>();
        for (var n = 0; n < 2; n++)
        {
            ids.Add((await new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "k")).ServerId!);
            await new CheckInRecorder(store.Log, known, store.Changes).Record(
                Server(store.Database, ids[n]),
                new CheckIn(s_facts, 100, null)
            );
        }

        using var old = new OldStore(store);
        old.Write(Server(store.Database, ids[0]), uptime: 500, facts: null);
        old.Write(Server(store.Database, ids[1]), uptime: 700, s_facts with { PatchLevel = 9 });

        using var upgraded = Database.Open(old.Folder);
        await using var log = new ChangeLog(upgraded, EPortal.Hosting.Entities.Catalog, store.Time);
        upgraded.Read(CheckInLog.CountFacts).ShouldBe(1);
        _ = new CheckInRecorder(log, new ServerCache(upgraded, new Offers()), store.Changes);
        _ = new SearchBacklog(log);
        log.StartMaintenance();
        await EPortal.EndToEnd.Eventually.IsTrueAsync(
            "the log is empty",
            () => Task.FromResult(Ask(upgraded, "SELECT count(*) FROM checkin_log") == "0")
        );

        Ask(upgraded, "SELECT group_concat(uptime) FROM server_checkin").ShouldBe("500,700");
        Ask(upgraded, "SELECT group_concat(patch_level) FROM server_facts").ShouldBe("1,9");
        Ask(
                upgraded,
                "SELECT group_concat(p.patch_level) FROM server_search x JOIN server_group g ON g.id = x.grp JOIN server_profile p ON p.id = g.profile"
            )
            .ShouldBe("1,9");
    }

    private static RegisteredServer Server(Database database, string id) =>
        database.Read(session => CheckInRecorder.FindOrNull(session, id))!;

    private static string Ask(Database database, string sql) =>
        database.Read(session => session.Connection.ExecuteScalar<string>(sql))!;

    /// <summary>A copy of a store as the version before the one log wrote it.</summary>
    private sealed class OldStore : IDisposable
    {
        private readonly SqliteConnection _database;
        private long _stamp;

        public OldStore(TestStore store)
        {
            Folder = Directory.CreateTempSubdirectory("eportal-old-").FullName;
            _database = new SqliteConnection($"Data Source={Path.Combine(Folder, "eportal.sqlite")};Pooling=False");
            using (
                var source = new SqliteConnection(
                    $"Data Source={Path.Combine(store.Place, "eportal.sqlite")};Pooling=False"
                )
            )
            {
                source.Open();
                source.Execute("VACUUM INTO @file", new { file = Path.Combine(Folder, "eportal.sqlite") });
            }

            _database.Open();
            _stamp = _database.ExecuteScalar<long>("SELECT stamp FROM node");
            _database.Execute(
                """
                ALTER TABLE checkin_log DROP COLUMN servers;
                ALTER TABLE checkin_log DROP COLUMN told;
                CREATE TABLE facts_log (stamp INTEGER PRIMARY KEY, at INTEGER NOT NULL, servers BLOB NOT NULL, told BLOB NOT NULL);
                DELETE FROM schema_version WHERE ScriptName LIKE '%0021_checkin_log.sql';
                """
            );
        }

        public string Folder { get; }

        public void Write(RegisteredServer server, long uptime, ServerFacts? facts)
        {
            var time = new byte[16];
            BinaryPrimitives.WriteInt64LittleEndian(time, server.Local);
            BinaryPrimitives.WriteInt64LittleEndian(time.AsSpan(8), uptime);
            _database.Execute(
                "INSERT INTO checkin_log (stamp, at, entries) VALUES (@stamp, 5, @time)",
                new { stamp = ++_stamp, time }
            );
            if (facts is not null)
                WriteFacts(server, uptime, facts);
            _database.Execute("UPDATE node SET stamp = @_stamp", new { _stamp });
        }

        private void WriteFacts(RegisteredServer server, long uptime, ServerFacts facts)
        {
            var servers = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(servers, server.Local);
            var json = new PendingFacts(server.Id, uptime, 77, facts).Json;
            var told = new byte[12 + json.Length];
            BinaryPrimitives.WriteInt32LittleEndian(told, json.Length);
            BinaryPrimitives.WriteInt64LittleEndian(told.AsSpan(4), 100);
            json.CopyTo(told, 12);
            _database.Execute(
                "INSERT INTO facts_log (stamp, at, servers, told) VALUES (@stamp, 5, @servers, @told)",
                new
                {
                    stamp = ++_stamp,
                    servers,
                    told,
                }
            );
        }

        public void Dispose()
        {
            _database.Dispose();
            Directory.Delete(Folder, recursive: true);
        }
    }
}
