using EPortal.Blobs;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Keys;
using EPortal.Tests.Data.Sqlite;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>A database that was put back, or copied, goes on under a new origin; any other under its own.</summary>
public sealed class NodeIdentityTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Data => _folder.File("data");

    private string Copy => _folder.File("copy.sqlite");

    public NodeIdentityTests() => Directory.CreateDirectory(Data);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_keeps_its_origin_over_restarts()
    {
        var first = await AddKeys(Data, "a", "b");
        var second = await AddKeys(Data, "c");

        second.ShouldBe(first with { Sequence = second.Sequence });
        second.Sequence.ShouldBeGreaterThan(first.Sequence);
        Reason(Data).ShouldBeNull();
    }

    [Fact]
    public async Task An_older_database_takes_a_new_origin_and_remembers_the_former()
    {
        var old = await AddKeys(Data, "a");
        await AddKeys(Data, "b");
        PutBack();

        using (var database = Database.Open(Data))
        {
            database.NewOrigin.ShouldBe(NewOrigin.Replaced);
            database
                .Read(session =>
                    (string?)session.Scalar("SELECT origin || ' ' || sequence || ' ' || reason FROM former_origin")
                )
                .ShouldBe($"{old.Origin} {old.Sequence} replaced");
            database.Read(session => (long)session.Scalar("SELECT incarnation FROM node")!).ShouldBe(2);
            database.Read(Node.Read).Origin.ShouldNotBe(old.Origin);
        }

        Reason(Data).ShouldBeNull();
    }

    [Fact]
    public async Task What_was_lost_comes_back_from_a_peer_and_nothing_is_given_twice()
    {
        await using var peer = new TestStore(SqliteTestDatabase.Instance, TimeProvider.System.GetUtcNow());
        await AddKeys(Data, "a");
        await AddKeys(Data, "b");
        await Send(Data, peer);
        PutBack();

        await AddKeys(Data, "c");
        using (var database = Database.Open(Data))
        await using (var log = new ChangeLog(database, Entities.Catalog, TimeProvider.System))
        {
            foreach (var operation in peer.Operations())
                await log.Commit(Actor.Agent, change => change.Apply(operation));
            Names(database).ShouldBe(["a", "b", "c"]);
        }

        await Send(Data, peer);
        Names(peer.Database).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task A_copied_folder_takes_a_new_origin_and_the_copied_one_keeps_its_own()
    {
        var before = await AddKeys(Data, "a");
        Shell.Run("cp", "-a", Data, _folder.File("clone"));

        Reason(_folder.File("clone")).ShouldBe(NewOrigin.Cloned);
        Reason(Data).ShouldBeNull();
        (await AddKeys(Data, "b")).Origin.ShouldBe(before.Origin);
    }

    [Fact]
    public async Task Without_the_high_water_file_nobody_knows_so_it_takes_a_new_one()
    {
        await AddKeys(Data, "a");
        File.Delete(Path.Combine(Data, HighWater.FileName));

        Reason(Data).ShouldBe(NewOrigin.Cloned);
        Reason(Data).ShouldBeNull();
    }

    [Fact]
    public async Task A_high_water_file_that_a_power_cut_left_behind_is_no_reason()
    {
        await AddKeys(Data, "a");
        var behind = await File.ReadAllBytesAsync(
            Path.Combine(Data, HighWater.FileName),
            TestContext.Current.CancellationToken
        );
        await AddKeys(Data, "b");
        // In place, as the file system would: it stays the same file.
        using (var file = File.OpenWrite(Path.Combine(Data, HighWater.FileName)))
            file.Write(behind);

        Reason(Data).ShouldBeNull();
    }

    [Fact]
    public async Task A_store_of_a_version_without_marks_gets_one_and_keeps_its_origin()
    {
        var before = await AddKeys(Data, "a");
        using (var database = Database.Open(Data))
        using (var writer = database.OpenWriter())
            writer.Execute("UPDATE node SET mark = ''");

        using (var database = Database.Open(Data))
        {
            database.NewOrigin.ShouldBeNull();
            database.Read(Node.Read).Origin.ShouldBe(before.Origin);
            database.Read(session => (string)session.Scalar("SELECT mark FROM node")!).ShouldNotBeEmpty();
        }
    }

    [Fact]
    public async Task Opening_one_that_stays_writes_nothing()
    {
        await AddKeys(Data, "a");
        var water = Path.Combine(Data, HighWater.FileName);
        var before = NativeFile.StampOrNull(water);

        Reason(Data).ShouldBeNull();

        NativeFile.StampOrNull(water).ShouldBe(before);
    }

    [Fact]
    public async Task A_new_origin_leaves_the_mark_of_the_file_that_is_served()
    {
        await AddKeys(Data, "a");
        using (var water = new HighWater(Data))
            water.WriteMark(7);
        Shell.Run("cp", "-a", Data, _folder.File("clone"));

        Reason(_folder.File("clone")).ShouldBe(NewOrigin.Cloned);

        using var copied = new HighWater(_folder.File("clone"));
        copied.ReadOrNull()!.FileMark.ShouldBe(7u);
    }

    [Fact]
    public async Task Logins_that_may_have_ended_since_end_with_the_origin()
    {
        await AddKeys(Data, "a");
        using (var database = Database.Open(Data))
        using (var writer = database.OpenWriter())
            writer.Execute(
                "INSERT INTO login_session (id, token, account, mark, via, created, seen, address, agent) VALUES ('i', 't', 'a', 'm', 'password', 1, 1, '', '')"
            );
        using (var database = Database.Open(Data))
            Logins(database).ShouldBe(1, "its origin stays");
        File.Delete(Path.Combine(Data, HighWater.FileName));

        using var cloned = Database.Open(Data);
        Logins(cloned).ShouldBe(0);
    }

    [Fact]
    public async Task A_later_version_of_its_index_stays()
    {
        const long Later = 9_000_000_000;
        await AddKeys(Data, "a");
        using (var database = Database.Open(Data))
        using (var writer = database.OpenWriter())
            writer.Execute(
                "INSERT INTO own_index (one, version, content, expires, json, signature) VALUES (1, @version, 'c', 1, @json, 's')",
                ("@version", Later),
                ("@json", Array.Empty<byte>())
            );
        File.Delete(Path.Combine(Data, HighWater.FileName));

        using var cloned = Database.Open(Data);
        cloned.NewOrigin.ShouldBe(NewOrigin.Cloned);
        cloned.Read(session => (long)session.Scalar("SELECT version FROM own_index")!).ShouldBe(Later);
    }

    [Fact]
    public async Task Followers_of_its_index_do_not_see_versions_go_back()
    {
        await AddKeys(Data, "a");
        using (var database = Database.Open(Data))
        {
            using var writer = database.OpenWriter();
            writer.Execute(
                "INSERT INTO own_index (one, version, content, expires, json, signature) VALUES (1, 41, 'c', 1, @json, 's')",
                ("@json", Array.Empty<byte>())
            );
        }

        File.Delete(Path.Combine(Data, HighWater.FileName));

        using var restored = Database.Open(Data);
        restored
            .Read(session => (long)session.Scalar("SELECT version FROM own_index WHERE content = ''")!)
            .ShouldBeGreaterThan(1_700_000_000);
    }

    private static long Logins(Database database) =>
        database.Read(session => (long)session.Scalar("SELECT count(*) FROM login_session")!);

    private static NewOrigin? Reason(string folder)
    {
        using var database = Database.Open(folder);
        return database.NewOrigin;
    }

    private static IReadOnlyList<string> Names(Database database) =>
        [.. database.Read(KeyStore.Names).Order(StringComparer.Ordinal)];

    /// <summary>Adds keys and copies the database after the first of all.</summary>
    private async Task<Node> AddKeys(string folder, params string[] names)
    {
        using var database = Database.Open(folder);
        await using (var log = new ChangeLog(database, Entities.Catalog, TimeProvider.System))
        {
            foreach (var name in names)
                await new KeyStore(database, log).Add(TestStore.Admin, name, new KeySettings());
        }

        if (!File.Exists(Copy))
            database.CopyTo(Copy, CancellationToken.None);
        return database.Read(Node.Read) with { Stamp = 0, Revision = 0, OfferRevision = 0, Hash = "" };
    }

    /// <summary>As an administrator does it: the copy over the database, whatever log lies beside it.</summary>
    private void PutBack()
    {
        File.Copy(Copy, Path.Combine(Data, Database.FileName), overwrite: true);
        File.Delete(Path.Combine(Data, Database.FileName + "-wal"));
    }

    private static async Task Send(string folder, TestStore peer)
    {
        using var database = Database.Open(folder);
        foreach (var operation in database.Read(session => ChangeLog.Operations(session, 0, int.MaxValue)))
            await peer.Apply(operation);
    }
}
