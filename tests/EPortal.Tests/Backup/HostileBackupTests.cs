using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using EPortal.Backup;
using EPortal.Data;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Backup;

/// <summary>A manipulated backup is refused before anything is replaced.</summary>
[Trait("threat", "N44")]
public sealed class HostileBackupTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Target => _folder.File("data");

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Attacks =>
        new()
        {
            { "symbolic link", "is a symbolic link" },
            { "hard link", "is a hard link" },
            { "device", "is a device" },
            { "fifo", "is a FIFO" },
            { "pax", "is a pax extension header" },
            { "path", "names a file that no backup has" },
            { "absolute", "names a file that no backup has" },
            { "unknown", "names a file that no backup has" },
            { "twice", "names instance-id twice" },
            { "hash", "the SHA-256 of instance-id differs from its manifest" },
            { "size", "instance-id is missing or not as its manifest says" },
            { "huge", "has an invalid size or SHA-256" },
            { "more", "it has files that its manifest does not list" },
            { "less", "eportal.sqlite is missing or not as its manifest says" },
            { "order", "is missing or not as its manifest says" },
            { "format", "the backup has format 2" },
            { "json", "backup.json is damaged" },
            { "duplicate key", "backup.json is damaged" },
            { "no manifest", "it does not begin with backup.json" },
            { "begun", "whatever wrote it was stopped before it was complete" },
            { "newer", "was written by a newer version (it has '9999_future.sql')" },
            { "no database", "damaged or not an ePortal database" },
            { "other database", "is not an ePortal database" },
            { "rotten", "damaged" },
            { "not json", "is not a JSON object" },
            { "bad id", "instance-id is damaged" },
            { "bad repository key", "is not an OpenPGP private key" },
            { "line break", "names a file that no backup has" },
        };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task It_is_refused_and_nothing_is_changed(string attack, string why)
    {
        await PortalCli.JsonAsync(Target, "key", "add", "mine", "--json");
        var before = Folder.Content(Target);
        var file = _folder.File("hostile.tar");
        await File.WriteAllBytesAsync(file, await Make(attack), Cancellation);

        var (exit, _, error) = await PortalCli.On(Target).RunAsync(["restore", file]);

        exit.ShouldBe(1);
        error.ShouldContain(why);
        Folder.Content(Target).ShouldBe(before);
        Directory.Exists(_folder.File("escaped")).ShouldBeFalse();
    }

    [Fact]
    public async Task Cut_short_or_changed_anywhere_it_is_refused()
    {
        await PortalCli.JsonAsync(Target, "key", "add", "mine", "--json");
        var before = Folder.Content(Target);
        var good = await Make("");
        var file = _folder.File("hostile.tar");
        var lengths = new[]
        {
            0,
            1,
            511,
            512,
            513,
            1024,
            2000,
            good.Length / 2,
            good.Length - 10_241,
            good.Length - 1024,
        };
        foreach (var length in lengths.Where(length => length >= 0))
        {
            await File.WriteAllBytesAsync(file, good[..length], Cancellation);
            (await PortalCli.On(Target).RunAsync(["restore", file])).Exit.ShouldBe(1, $"cut to {length}");
        }

        // In the first header, and in the database at the end.
        int[] places =
        [
            0,
            97,
            130,
            156,
            300,
            .. Enumerable.Range(0, 15).Select(n => good.Length - 1025 - (n * 20_011)),
        ];
        foreach (var at in places)
        {
            var changed = good.ToArray();
            changed[at] ^= 0x55;
            await File.WriteAllBytesAsync(file, changed, Cancellation);
            (await PortalCli.On(Target).RunAsync(["restore", file])).Exit.ShouldBe(1, $"changed at {at}");
        }

        Folder.Content(Target).ShouldBe(before);
    }

    [Fact]
    public async Task The_same_without_an_attack_is_restored()
    {
        await PortalCli.JsonAsync(Target, "key", "add", "mine", "--json");
        var file = _folder.File("good.tar");
        await File.WriteAllBytesAsync(file, await Make(""), Cancellation);

        (await PortalCli.On(Target).RunAsync(["restore", file])).Exit.ShouldBe(0);
    }

    private async Task<byte[]> Make(string attack)
    {
        var database = await MakeDatabase(attack);
        var id = Encoding.ASCII.GetBytes(attack == "bad id" ? "../../etc\n" : await IdOfSource());
        var config = Encoding.ASCII.GetBytes(attack == "not json" ? "[]" : "{}");
        var parts = new List<(string Name, byte[] Content)>
        {
            (BackupNames.InstanceId, id),
            (BackupNames.RuntimeSettings, config),
            (BackupNames.Database, database),
        };
        if (attack == "bad repository key")
            parts.Add((BackupNames.RepositoryKey, "nonsense"u8.ToArray()));
        var listed = parts
            .Select(part => (part.Name, Size: (long)part.Content.Length, Sha256: Hash(part.Content)))
            .ToList();
        switch (attack)
        {
            case "path":
                listed.Add(("../escaped/x", 0, Hash([])));
                break;
            case "line break":
                listed.Add(("arch/K1.tar\n", 0, Hash([])));
                break;
            case "absolute":
                listed.Add((_folder.File("escaped"), 0, Hash([])));
                break;
            case "unknown":
                listed.Add(("config/other.key", 0, Hash([])));
                break;
            case "twice":
                listed.Add(listed[0]);
                break;
            case "hash":
                listed[0] = listed[0] with { Sha256 = Hash([1]) };
                break;
            case "size":
                listed[0] = listed[0] with { Size = listed[0].Size + 1 };
                break;
            case "huge":
                listed[2] = listed[2] with { Size = long.MaxValue };
                break;
            case "more":
                parts.Add(("arch/K1.tar", [1]));
                break;
            case "less":
                parts.RemoveAt(2);
                break;
            case "order":
                (parts[0], parts[1]) = (parts[1], parts[0]);
                break;
        }

        var json = new BackupManifest(
            attack == "format" ? 2 : 1,
            DateTimeOffset.UnixEpoch,
            "0.1.0",
            [.. listed.Select(part => new BackupPart(part.Name, part.Size, part.Sha256))]
        ).ToJson();
        if (attack == "json")
            json = json[..^1];
        if (attack == "duplicate key")
            json = Encoding.UTF8.GetBytes(
                Encoding
                    .UTF8.GetString(json)
                    .Replace("{\"format\":1", "{\"format\":1,\"format\":1", StringComparison.Ordinal)
            );
        using var stream = new MemoryStream();
        await using (
            var tar = new TarWriter(
                stream,
                attack == "pax" ? TarEntryFormat.Pax : TarEntryFormat.Ustar,
                leaveOpen: true
            )
        )
        {
            if (attack != "no manifest")
                await Add(tar, attack, BackupNames.Manifest, json);
            foreach (var (name, content) in parts)
            {
                if (name == BackupNames.InstanceId && Special(attack) is { } special)
                    await tar.WriteEntryAsync(special, Cancellation);
                else
                    await Add(tar, attack, name, content);
            }
        }

        var bytes = stream.ToArray();
        if (attack == "begun")
            bytes.AsSpan(0, 512).Clear();
        return bytes;
    }

    private static UstarTarEntry? Special(string attack) =>
        attack switch
        {
            "symbolic link" => new UstarTarEntry(TarEntryType.SymbolicLink, BackupNames.InstanceId)
            {
                LinkName = "/etc/passwd",
            },
            "hard link" => new UstarTarEntry(TarEntryType.HardLink, BackupNames.InstanceId)
            {
                LinkName = "/etc/passwd",
            },
            "device" => new UstarTarEntry(TarEntryType.CharacterDevice, BackupNames.InstanceId),
            "fifo" => new UstarTarEntry(TarEntryType.Fifo, BackupNames.InstanceId),
            _ => null,
        };

    private static async Task Add(TarWriter tar, string attack, string name, byte[] content)
    {
        using var data = new MemoryStream(content);
        TarEntry entry =
            attack == "pax"
                ? new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data }
                : new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = data };
        await tar.WriteEntryAsync(entry, Cancellation);
    }

    private async Task<string> IdOfSource()
    {
        if (!Directory.Exists(_folder.File("source")))
            await PortalCli.JsonAsync(_folder.File("source"), "key", "add", "theirs", "--json");
        return await File.ReadAllTextAsync(Path.Combine(_folder.File("source"), "instance-id"), Cancellation);
    }

    private async Task<byte[]> MakeDatabase(string attack)
    {
        await IdOfSource();
        var copy = _folder.File($"{Guid.NewGuid():N}");
        using (var database = Database.Open(_folder.File("source")))
            database.CopyTo(copy, Cancellation);
        switch (attack)
        {
            case "newer":
                Execute(
                    copy,
                    "INSERT INTO schema_version (ScriptName, Applied) VALUES ('eportal.Data.Sqlite.Migrations.9999_future.sql', '2030-01-01')"
                );
                break;
            case "no database":
                return [.. Enumerable.Repeat((byte)'x', 5000)];
            case "other database":
                File.Delete(copy);
                Execute(copy, "CREATE TABLE a (b INTEGER)");
                break;
            case "rotten":
                var bytes = await File.ReadAllBytesAsync(copy, Cancellation);
                bytes.AsSpan(4096, 4096 * 4).Fill(0xA5);
                return bytes;
        }

        return await File.ReadAllBytesAsync(copy, Cancellation);
    }

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
