using System.Text.Json;
using EPortal.Backup;
using EPortal.Blobs;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Backup;

/// <summary>A restore that stops between any two steps is finished by the next program, or was never decided.</summary>
public sealed class RestoreJournalTests : IDisposable
{
    private static readonly string[] s_names = ["one", "two", "three"];

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<int> Steps => [.. Enumerable.Range(0, (2 * s_names.Length) + 2)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Steps))]
    public void Whatever_was_done_the_rest_follows(int done)
    {
        var moves = Prepare();
        DurableFile.Write(
            RestoreJournal.PathIn(_folder.Path),
            JsonSerializer.SerializeToUtf8Bytes(
                new RestoreJournal(moves, ForgetsRuntimeSettings: false),
                RestoreJson.Default.RestoreJournal
            )
        );
        // As the process got before it was killed: each file goes in two steps.
        var steps = moves.SelectMany(move =>
            new (string? From, string To)[]
            {
                (File.Exists(move.Final) ? move.Final : null, move.Kept),
                (move.Staged, move.Final),
            }
        );
        foreach (var (from, to) in steps.Take(done).Where(step => step.From is not null))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Move(from!, to);
        }

        RestoreJournal.Finish(_folder.Path).ShouldBeTrue();

        foreach (var name in s_names)
        {
            File.ReadAllText(_folder.File(name)).ShouldBe("new");
            if (name != "three")
                File.ReadAllText(_folder.File($"kept/{name}")).ShouldBe("old");
        }

        File.Exists(_folder.File("gone")).ShouldBeFalse();
        File.ReadAllText(_folder.File("kept/gone")).ShouldBe("old");
        Directory.Exists(_folder.File(RestoreJournal.Folder)).ShouldBeFalse();
        RestoreJournal.Finish(_folder.Path).ShouldBeFalse();
    }

    [Fact]
    public void What_was_not_decided_is_deleted_and_the_old_stays()
    {
        Prepare();

        RestoreJournal.Finish(_folder.Path).ShouldBeFalse();

        File.ReadAllText(_folder.File("one")).ShouldBe("old");
        Directory.Exists(_folder.File(RestoreJournal.Folder)).ShouldBeFalse();
    }

    /// <summary>They lie beside the settings file, where nobody looks for them.</summary>
    [Fact]
    public async Task Settings_that_a_killed_restore_staged_go_when_the_folder_is_opened_next()
    {
        var (data, file) = (_folder.File("data"), _folder.File("backup.tar"));
        var settings = _folder.Write("config", "AUTH_PASSWORD_MIN_LENGTH = 13\n");
        var runner = PortalCli.On(data);
        runner.Environment["EPORTAL_CONFIG"] = settings;
        await runner.JsonAsync("key", "add", "mine", "--json");
        (await runner.RunAsync(["backup", file])).Exit.ShouldBe(0);
        await using (var stream = File.OpenRead(file))
        {
            using var backup = await BackupReader.Open(stream, Cancellation);
#pragma warning disable CA2000 // Whoever is killed disposes of nothing.
            var killed = new Restore(
                new RestorePlaces(data, data, settings),
                TimeProvider.System.GetUtcNow(),
                _ => throw new OperationCanceledException()
            );
#pragma warning restore CA2000
            await Should.ThrowAsync<OperationCanceledException>(() =>
                killed.FromBackup(backup, RestoreChoice.Full, new Progress<long>(), Cancellation)
            );
        }

        File.Exists(_folder.File(".config.restore")).ShouldBeTrue();

        (await runner.RunAsync(["key"])).Out.ShouldContain("mine");

        File.Exists(_folder.File(".config.restore")).ShouldBeFalse();
        File.ReadAllText(settings).ShouldBe("AUTH_PASSWORD_MIN_LENGTH = 13\n");
        Directory.Exists(Path.Combine(data, RestoreJournal.Folder)).ShouldBeFalse();
    }

    /// <summary>Three files come, of which the last was not there; one goes.</summary>
    private List<RestoreMove> Prepare()
    {
        Directory.CreateDirectory(_folder.File($"{RestoreJournal.Folder}/new"));
        foreach (var name in s_names)
        {
            _folder.Write($"{RestoreJournal.Folder}/new/{name}", "new");
            if (name != "three")
                _folder.Write(name, "old");
        }

        _folder.Write("gone", "old");
        return
        [
            new RestoreMove(null, _folder.File("gone"), _folder.File("kept/gone")),
            .. s_names.Select(name => new RestoreMove(
                _folder.File($"{RestoreJournal.Folder}/new/{name}"),
                _folder.File(name),
                _folder.File($"kept/{name}")
            )),
        ];
    }
}
