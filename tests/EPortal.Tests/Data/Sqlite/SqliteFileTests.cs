using System.Data.Common;
using Dapper;
using EPortal.Data;
using EPortal.Data.Sqlite;
using EPortal.Feeds;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data.Sqlite;

/// <summary>How SQLite writes its files.</summary>
public sealed class SqliteFileTests
{
    [Fact]
    public async Task Whoever_is_acknowledged_has_it_on_disk()
    {
        await using var store = new TestStore(SqliteTestDatabase.Instance);
        var path = Path.Combine(store.Place, "eportal.sqlite");

        using (var writer = SqliteStore.OpenWriter(path))
        {
            Pragma(writer, "journal_mode").ShouldBe("wal");
            Pragma(writer, "synchronous").ShouldBe("2", "FULL: the log is flushed at each commit");
            Pragma(writer, "foreign_keys").ShouldBe("1");
            Pragma(writer, "busy_timeout").ShouldBe("30000");
        }

        using var reader = SqliteStore.OpenReader(path);
        Pragma(reader, "query_only").ShouldBe("1");
        Pragma(reader, "busy_timeout").ShouldBe("30000");
    }

    [Fact]
    public async Task A_store_that_is_trimmed_uses_its_pages_again()
    {
        await using var store = new TestStore(SqliteTestDatabase.Instance);
        var age = TimeSpan.FromHours(1);
        var trimming = RetentionContract.Trimming(store, new OperationRetention(age));
        var id = (await RetentionContract.AddFeeds(store, 1, "f"))[0];
        var sizes = new List<long>();
        for (var round = 0; round < 6; round++)
        {
            for (var some = 0; some < 10; some++)
            {
                await store.Log.Commit(
                    Actor.Agent,
                    change =>
                        RetentionContract.Do(() =>
                        {
                            for (var n = 0; n < 100; n++)
                                change.Update(Feed.Entity, id, new Fields { { "channel", new string('c', 500) } });
                        })
                );
            }

            await RetentionContract.Pass(store, trimming, age * 1.2);
            sizes.Add(store.Scalar<long>("SELECT page_count FROM pragma_page_count"));
        }

        sizes[^1].ShouldBeLessThanOrEqualTo(sizes[1]);
        store.Database.FreeBytes.ShouldBeGreaterThan(500_000);
    }

    private static string? Pragma(DbConnection connection, string name) =>
        connection.ExecuteScalar<string>($"PRAGMA {name}");
}
