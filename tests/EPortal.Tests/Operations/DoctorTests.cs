using System.Formats.Tar;
using System.IO.Compression;
using EPortal.Data;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

public sealed class DoctorTests : IDisposable
{
    private const string Secret = "hunter2-and-more";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Diagnostics_hold_what_helps_and_no_secret_and_only_their_owner_reads_them()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var cli = portal.CommandLine();
        cli.Environment["EPORTAL_PATCH_SOURCE_URL"] = "'http://127.0.0.1:1/'";
        cli.Environment["EPORTAL_PATCH_SOURCE_USER"] = "'me'";
        cli.Environment["EPORTAL_PATCH_SOURCE_PASSWORD"] = $"'{Secret}'";
        cli.Environment["EPORTAL_PROXY"] = $"'http://me:{Secret}@proxy.example:3128'";
        await portal.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                SourceStore.Note(change, nameof(SourceError.Expired), "The index expired.");
                return true;
            }
        );
        var file = _folder.File("d.tar.gz");

        var (exit, output, error) = await cli.RunAsync(["doctor", "--no-send", file]);

        exit.ShouldBe(1, error);
        output.ShouldContain("problem: patch-source: last sync failed: The index expired.");
        output.ShouldContain("warning: trust: TRUSTED_KEYS is empty");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var texts = Unpack(file);
        texts.Keys.ShouldBe([
            "findings.txt",
            "system.txt",
            "settings.txt",
            "patch-source.json",
            "patchsets.txt",
            "servers.txt",
        ]);
        texts["patchsets.txt"].ShouldBe("kernel main K1 enabled\n");
        texts["settings.txt"].ShouldContain("PATCH_SOURCE_USER = 'me'");
        string.Concat(texts.Values).ShouldNotContain(Secret);
        texts["findings.txt"].ShouldContain("problem: patch-source: last sync failed: The index expired.");
    }

    [Fact]
    public async Task A_file_that_is_there_stays()
    {
        await using var portal = await TestPortal.StartAsync();
        var file = _folder.File("d.tar.gz");
        await File.WriteAllTextAsync(file, "mine", TestContext.Current.CancellationToken);

        var (exit, _, error) = await portal.CommandLine().RunAsync(["doctor", file]);

        exit.ShouldBe(1);
        error.ShouldContain($"{file} already exists");
        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ShouldBe("mine");
    }

    [Fact]
    public async Task A_portal_that_is_well_is_told_so()
    {
        await using var portal = await TestPortal.StartAsync();

        var report = await portal.CommandLine().JsonAsync("doctor", "--json", _folder.File("d.tar.gz"));

        report
            .GetProperty("findings")
            .EnumerateArray()
            .Select(finding => finding.GetProperty("subject").GetString())
            .ShouldBe(["settings", "patch-source", "trust", "accounts", "reports", "disk", "patch-files", "proxy"]);
        report.GetProperty("findings")[0].GetProperty("severity").GetString().ShouldBe("ok");
        report.GetProperty("findings")[1].GetProperty("severity").GetString().ShouldBe("ok");
    }

    [Fact]
    public async Task Settings_that_change_nothing_are_told_here_and_not_by_every_command()
    {
        await using var portal = await TestPortal.StartAsync();
        var cli = portal.CommandLine();
        cli.Environment["EPORTAL_BUNITS"] = "True";
        cli.Environment["EPORTAL_REPLICATION_CLEAN_AGGRESSIVE_AGE"] = "3600";

        var (_, output, error) = await cli.RunAsync(["doctor", _folder.File("d.tar.gz")]);

        error.ShouldBeEmpty();
        output.ShouldContain("warning: settings: EPORTAL_BUNITS: unknown setting BUNITS ignored\n");
        output.ShouldContain(
            "warning: settings: EPORTAL_REPLICATION_CLEAN_AGGRESSIVE_AGE: REPLICATION_CLEAN_AGGRESSIVE_AGE has no effect yet\n"
        );
        (await cli.RunAsync(["key"])).Err.ShouldBeEmpty();
    }

    private static Dictionary<string, string> Unpack(string file)
    {
        using var packed = File.OpenRead(file);
        using var tar = new TarReader(new GZipStream(packed, CompressionMode.Decompress));
        var texts = new Dictionary<string, string>();
        while (tar.GetNextEntry() is { } entry)
        {
            using var reader = new StreamReader(entry.DataStream!);
            texts.Add(Path.GetFileName(entry.Name), reader.ReadToEnd());
        }

        return texts;
    }
}
