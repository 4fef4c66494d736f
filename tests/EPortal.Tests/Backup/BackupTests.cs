using System.Globalization;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Keys;
using EPortal.Tests.Agents;
using EPortal.Tests.Agents.Packages;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Backup;

/// <summary>Backups of a portal that works, and portals that are made of them.</summary>
public sealed class BackupTests : IDisposable
{
    private static readonly int s_backups = Environment.GetEnvironmentVariable("EPORTAL_BACKUPS")
        is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : 5;

    private readonly TempFolder _folder = new();

    private string File => _folder.File("backup.tar");

    private string Restored => _folder.File("restored");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("threat", "C26")]
    [Trait("threat", "N44")]
    public async Task A_portal_is_restored_elsewhere_with_all_it_was()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();
        (await portal.CheckInAsync(TestPortal.Facts(id))).EnsureSuccessStatusCode();

        var (exit, output, error) = await portal.CommandLine().RunAsync(["backup", "--with-patches", File]);

        exit.ShouldBe(0, error);
        output.ShouldStartWith($"backup written to {File} (");
        error.ShouldContain("the backup contains secrets");
        System.IO.File.GetUnixFileMode(File).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Shell.Run("tar", "-tf", File);

        await Done("restore", File);
        Read("instance-id")
            .ShouldBe(
                await System.IO.File.ReadAllTextAsync(Path.Combine(portal.DataFolder, "instance-id"), Cancellation)
            );
        Read("config/signing.key")
            .ShouldBe(
                await System.IO.File.ReadAllTextAsync(
                    Path.Combine(portal.DataFolder, "config/signing.key"),
                    Cancellation
                )
            );
        var check = await PortalCli.On(Restored).RunAsync(["check", "-v"]);
        check.Out.ShouldContain("CRITICAL: patch-files: files of 1 patchset are missing, first of 'K1'");
        (await Done("kcare", "download-missing")).Err.ShouldContain("K1 was unpacked again from its archive");
        (await PortalCli.On(Restored).RunAsync(["check", "-v"])).Out.ShouldContain("OK: patch-files:");
        var servers = await PortalCli.JsonAsync(Restored, "server", "list", "--json");
        servers.EnumerateArray().Single().GetProperty("hostname").GetString().ShouldBe("web1");
        var settings = Settings.Defaults with { DataDir = Restored, RunAs = Shell.IsRoot ? "root" : null };
        await using var again = Portal.Open(settings, portal.Time);
        again.Database.Read(Node.Read).Origin.ShouldNotBe(portal.Portal.Database.Read(Node.Read).Origin);
        Directory
            .EnumerateFiles(Path.Combine(Restored, "resources", "K1"), "kpatch.bin", SearchOption.AllDirectories)
            .ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hosts_go_on_trusting_the_agent_repository_and_find_what_was_imported(bool migrate)
    {
        await using var site = await RepositorySite.StartAsync(ownKey: true);
        await site.ImportAsync(TestPackages.Deb(site.Folder));
        await site.KeyFileAsync();
        var key = await System.IO.File.ReadAllBytesAsync(
            AgentRepositoryKey.FileOf(site.Portal.DataFolder),
            Cancellation
        );
        if (migrate)
        {
            Shell.Run("cp", "-r", site.Portal.DataFolder, _folder.File("old"));
            await Done("migrate", _folder.File("old"));
        }
        else
        {
            await site.Portal.CommandLine().RunAsync(["backup", "--with-patches", File]);
            await Done("restore", File);
        }

        (await System.IO.File.ReadAllBytesAsync(AgentRepositoryKey.FileOf(Restored), Cancellation)).ShouldBe(key);
        (await Done("agent", "list")).Out.ShouldContain("kernelcare_");
    }

    [Fact]
    public async Task Standard_output_carries_it_too()
    {
        await using var portal = await TestPortal.StartAsync();
        var cli = portal.CommandLine();

        (await cli.RunAsync(["backup", "-"])).Exit.ShouldBe(0);

        await System.IO.File.WriteAllBytesAsync(File, cli.Bytes.ToArray(), Cancellation);
        await Done("restore", "--full", File);
        (await PortalCli.JsonAsync(Restored, "key", "list", "--json"))
            .EnumerateArray()
            .Select(key => key.GetProperty("key").GetString())
            .ShouldBe([TestPortal.Key]);
    }

    [Fact]
    public async Task Nothing_is_restored_under_a_running_portal()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.CommandLine().RunAsync(["backup", File]);

        var (exit, _, error) = await portal.CommandLine().RunAsync(["restore", File]);

        exit.ShouldBe(1);
        error.ShouldContain($"data folder {portal.DataFolder} is in use by a running portal or command");
        await portal.Portal.Keys.Add(TestPortal.Admin, "still-here", new KeySettings());
    }

    [Fact]
    public async Task Parts_are_restored_alone_and_what_was_there_is_kept()
    {
        await using (var portal = await TestPortal.StartAsync())
        {
            await portal.CommandLine().RunAsync(["backup", File]);
            await portal.CommandLine().RunAsync(["backup-db", _folder.File("db")]);
        }

        await Done("restore", File);
        await Done("key", "add", "later");
        var key = Read("config/signing.key");

        (await Done("restore", "--db", File)).Out.ShouldStartWith(
            "eportal.sqlite was restored\nwhat was there before is kept in "
        );
        await KeysAre(TestPortal.Key);
        Read("config/signing.key").ShouldBe(key);
        var kept = Directory.EnumerateDirectories(Restored, "before-restore-*").Order().Last();
        Directory.EnumerateFiles(kept).Select(Path.GetFileName).ShouldContain("eportal.sqlite");

        await Done("key", "add", "later");
        await Done("restore", "--db", _folder.File("db"));
        await KeysAre(TestPortal.Key);

        await Done("key", "add", "later");
        await Done("restore", "--db", Path.Combine(_folder.File("db"), "eportal.sqlite"));
        await KeysAre(TestPortal.Key);
        await Refused("the backup has nothing of that", "restore", "--data", File);
        await Refused("holds nothing but a database", "restore", Path.Combine(_folder.File("db"), "eportal.sqlite"));
    }

    [Fact]
    public async Task The_database_of_another_installation_is_refused_unless_its_id_comes_with_it()
    {
        await using (var portal = await TestPortal.StartAsync())
            await portal.CommandLine().RunAsync(["backup", File]);
        await Done("key", "add", "mine");

        await Refused("would belong to different installations", "restore", "--db", File);
        await Refused("would belong to different installations", "restore", "--instance-id", File);
        await KeysAre("mine");
        await Done("restore", "--db", "--instance-id", File);
        await KeysAre(TestPortal.Key);
    }

    [Fact]
    public async Task A_folder_of_backup_db_is_copied_back_as_the_manual_says()
    {
        string[] names;
        await using (var portal = await TestPortal.StartAsync())
        {
            await portal.CommandLine().RunAsync(["backup", File]);
            await portal.CommandLine().RunAsync(["backup-db", "-v", _folder.File("db")]);
            names = [.. Directory.EnumerateFiles(_folder.File("db")).Select(Path.GetFileName).Order()!];
        }

        names.ShouldBe(["eportal.sqlite", "eportal.sqlite-wal"]);
        await Done("restore", File);
        await Done("key", "add", "later");
        // Left by a portal that was killed; SQLite would read it into the database that comes.
        await System.IO.File.WriteAllBytesAsync(
            Path.Combine(Restored, "eportal.sqlite-wal"),
            new byte[4096],
            Cancellation
        );
        Shell.Run("/bin/sh", "-c", $"cp -f {_folder.File("db")}/* {Restored}/");

        await KeysAre(TestPortal.Key);
    }

    [Fact]
    public async Task The_folder_of_another_host_is_taken_over()
    {
        await using (var portal = await TestPortal.StartAsync())
        {
            await portal.DeployAsync("K1", 1);
            Shell.Run("cp", "-a", portal.DataFolder, _folder.File("old"));
        }

        (await Done("migrate", _folder.File("old"))).Out.ShouldContain("arch/K1");
        (await Done("kcare", "download-missing")).Err.ShouldContain("K1 was unpacked again");
        await KeysAre(TestPortal.Key);
        Read("instance-id")
            .ShouldBe(
                await System.IO.File.ReadAllTextAsync(Path.Combine(_folder.File("old"), "instance-id"), Cancellation)
            );
        await Refused("no eportal.sqlite in", "migrate", _folder.Path);
    }

    [Theory]
    [InlineData("DATA_DIR")]
    [InlineData("PATCHES_DIR")]
    public async Task Settings_that_name_other_folders_than_those_restored_to_are_refused(string setting)
    {
        var settings = _folder.Write(
            "old",
            (setting == "DATA_DIR" ? "" : $"DATA_DIR = '{Restored}'\n") + $"{setting} = '{_folder.File("elsewhere")}'\n"
        );
        await using (var portal = await TestPortal.StartAsync())
        {
            var cli = portal.CommandLine();
            cli.Environment["EPORTAL_CONFIG"] = settings;
            if (setting == "PATCHES_DIR")
                cli.Environment["EPORTAL_PATCHES_DIR"] = $"'{portal.DataFolder}'";
            (await cli.RunAsync(["backup", File])).Exit.ShouldBe(0);
        }

        var runner = new CliRunner(CommandLine.Administration);
        runner.Environment["EPORTAL_CONFIG"] = _folder.Write("new", $"DATA_DIR = '{Restored}'\nRUN_AS = 'root'\n");
        foreach (var command in (string[])["restore", "migrate"])
        {
            var (exit, _, error) = await runner.RunAsync([command, File]);
            exit.ShouldBe(1);
            error.ShouldContain($"set {setting} = '{_folder.File("elsewhere")}' here first");
        }

        Database.IsIn(Restored).ShouldBeFalse();
        (await runner.RunAsync(["restore", "--db", "--instance-id", File])).Exit.ShouldBe(0);
        Database.IsIn(Restored).ShouldBeTrue();
        foreach (var choice in (string[])["--db", "--instance-id"])
            (await runner.RunAsync(["restore", "--config", choice, File])).Err.ShouldContain("here first");
    }

    [Theory]
    [InlineData("DATA_DIR", "the data", "signing keys and settings made at run time were restored to")]
    [InlineData("PATCHES_DIR", "patches", "those here are in")]
    public async Task Settings_alone_may_name_other_folders_and_that_is_told(string setting, string what, string rest)
    {
        var elsewhere = _folder.File("elsewhere");
        var old =
            (setting == "DATA_DIR" ? "" : $"DATA_DIR = '{Restored}'\n")
            + $"{setting} = '{elsewhere}'\nRUN_AS = 'root'\n";
        await using (var portal = await TestPortal.StartAsync())
        {
            var cli = portal.CommandLine();
            cli.Environment["EPORTAL_CONFIG"] = _folder.Write("old", old);
            if (setting == "PATCHES_DIR")
                cli.Environment["EPORTAL_PATCHES_DIR"] = $"'{portal.DataFolder}'";
            (await cli.RunAsync(["backup", File])).Exit.ShouldBe(0);
        }

        var runner = new CliRunner(CommandLine.Administration);
        var settings = _folder.Write("new", $"DATA_DIR = '{Restored}'\nRUN_AS = 'root'\n");
        runner.Environment["EPORTAL_CONFIG"] = settings;

        (await runner.RunAsync(["restore", "--db", "--instance-id", File])).Exit.ShouldBe(0);
        var key = Path.Combine(Restored, "config", "signing.key");
        System.IO.File.Exists(key).ShouldBeFalse();

        var (exit, _, error) = await runner.RunAsync(["restore", "--config", File]);

        exit.ShouldBe(0, error);
        error.ShouldEndWith(
            $"warning: the restored settings keep {what} in {elsewhere}, where the next start looks; {rest} {Restored}\n"
        );
        (await System.IO.File.ReadAllTextAsync(settings, Cancellation)).ShouldBe(old);
        System.IO.File.Exists(key).ShouldBeTrue();
    }

    /// <summary>
    /// The portal's user may not write where the settings are; root is told what to do, and that is enough.
    /// </summary>
    [Fact]
    public async Task Restored_by_root_the_settings_get_into_place_by_the_line_that_is_printed()
    {
        Assert.SkipUnless(Shell.IsRoot, "only root has rights to give up");
        const string Old = "AUTH_PASSWORD_MIN_LENGTH = 13\n";
        await using (var portal = await TestPortal.StartAsync())
        {
            var cli = portal.CommandLine();
            cli.Environment["EPORTAL_CONFIG"] = _folder.Write("old", Old);
            (await cli.RunAsync(["backup", File])).Exit.ShouldBe(0);
        }

        Shell.Run("chmod", "711", _folder.Path);
        var settings = _folder.File("config");
        async Task<string> RestoreAsync()
        {
            using var child = ChildProcess.Start(
                "kc",
                new Dictionary<string, string>
                {
                    ["ROLE_ARGUMENTS"] = $"restore\n{File}",
                    ["EPORTAL_CONFIG"] = settings,
                    ["EPORTAL_DATA_DIR"] = Restored,
                    ["EPORTAL_RUN_AS"] = "nobody",
                }
            );
            var (exit, _, error) = await child.EndAsync(Cancellation);
            exit.ShouldBe(0, error);
            return error;
        }

        await System.IO.File.WriteAllTextAsync(settings, "AUTH_PASSWORD_MIN_LENGTH = 9\n", Cancellation);
        var aside = Path.Combine(Restored, "config", "settings.restored");
        const string Put = "as root, put the settings in place: ";

        var line = (await RestoreAsync()).Split('\n').Single(text => text.StartsWith(Put, StringComparison.Ordinal));

        line.ShouldEndWith($" {aside} {settings}");
        Shell.Stat(aside).ShouldBe("600 nobody");
        (await System.IO.File.ReadAllTextAsync(settings, Cancellation)).ShouldContain("= 9");
        Shell.Run("bash", "-c", line[Put.Length..]);
        (await System.IO.File.ReadAllTextAsync(settings, Cancellation)).ShouldBe(Old);
        Shell.Run("stat", "-c", "%a %U:%G", settings).ShouldBe($"640 root:{Shell.Run("id", "-gn", "nobody")}");
        (await RestoreAsync()).ShouldNotContain(Put);
    }

    [Fact]
    public async Task What_killed_backups_left_is_deleted_by_the_next_one_and_what_is_being_written_stays()
    {
        await using var portal = await TestPortal.StartAsync();
        string Beside(string name, char digit) => _folder.File($"{name}.eportal-{new string(digit, 32)}.tmp");
        string[] left = [Beside("a.tar", 'a'), Beside("m.tar", 'b'), Beside("z.tar", 'c')];
        var (young, written) = (Beside("young.tar", 'd'), Beside("busy.tar", 'e'));
        string[] others = [_folder.File("mine.tmp"), _folder.File($"mine.{new string('d', 32)}.tmp")];
        foreach (var path in (string[])[.. left, young, written, .. others])
        {
            await System.IO.File.WriteAllTextAsync(path, "half", Cancellation);
            if (path != young)
                System.IO.File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }

        // As another process has it that is at work.
        using (new FileStream(written, FileMode.Open, FileAccess.Write, FileShare.None))
        {
            System.IO.File.SetLastWriteTimeUtc(written, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            (await portal.CommandLine().RunAsync(["backup", File])).Exit.ShouldBe(0);
        }

        Directory.GetFiles(_folder.Path, "*.tmp").Order().ShouldBe(others.Concat([written, young]).Order());
    }

    [Fact]
    public async Task Half_a_database_of_a_killed_backup_is_replaced_and_two_backups_do_not_meet()
    {
        await using var portal = await TestPortal.StartAsync();
        var folder = _folder.File("db");
        Directory.CreateDirectory(folder);
        var lockFile = Path.Combine(folder, ".eportal.lock");
        await System.IO.File.WriteAllTextAsync(Path.Combine(folder, ".eportal.sqlite.tmp"), "half", Cancellation);
        await System.IO.File.WriteAllTextAsync(lockFile, "", Cancellation);

        using (FileLock.Acquire(lockFile))
            (await portal.CommandLine().RunAsync(["backup-db", folder])).Err.ShouldBe(
                $"error: another backup is being written to {folder}; wait until it has ended\n"
            );
        (await portal.CommandLine().RunAsync(["backup-db", folder])).Exit.ShouldBe(0);

        Directory
            .EnumerateFiles(folder)
            .Select(Path.GetFileName)
            .Order()
            .ShouldBe(["eportal.sqlite", "eportal.sqlite-wal"]);
    }

    [Fact]
    public async Task A_database_whose_log_holds_changes_is_not_restored_without_them()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.RegisterAsync();
        new FileInfo(Path.Combine(portal.DataFolder, "eportal.sqlite-wal")).Length.ShouldBePositive();

        await Refused("eportal.sqlite-wal holds changes", "restore", "--db", portal.DataFolder);
        await Refused(
            "eportal.sqlite-wal holds changes",
            "restore",
            "--db",
            Path.Combine(portal.DataFolder, "eportal.sqlite")
        );
    }

    [Fact]
    public async Task A_database_is_not_backed_up_over_a_portal()
    {
        await using var portal = await TestPortal.StartAsync();

        var (exit, _, error) = await portal.CommandLine().RunAsync(["backup-db", portal.DataFolder]);

        (exit, error).ShouldBe(
            (1, $"error: {portal.DataFolder} is the data folder of a portal; name another folder\n")
        );
    }

    /// <summary>An older backup, and with root's rights a device such as <c>/dev/null</c>.</summary>
    [Theory]
    [InlineData("backup")]
    [InlineData("bundle", "export")]
    public async Task Nothing_that_is_there_is_replaced(params string[] command)
    {
        await using var portal = await TestPortal.StartAsync();
        var (file, link) = (_folder.Write("there", "mine"), _folder.File("link"));
        System.IO.File.CreateSymbolicLink(link, "/dev/null");
        foreach (var path in (string[])[file, link])
        {
            var (exit, output, error) = await portal.CommandLine().RunAsync([.. command, path]);
            (exit, output).ShouldBe((1, ""));
            error.ShouldBe($"error: {path} already exists; name a file that does not exist yet\n");
        }

        (await System.IO.File.ReadAllTextAsync(file, Cancellation)).ShouldBe("mine");
        new FileInfo(link).LinkTarget.ShouldBe("/dev/null");
        Directory.EnumerateFiles(_folder.Path, "*.tmp").ShouldBeEmpty();
    }

    [Fact]
    public async Task Settings_go_where_they_were_and_are_kept()
    {
        var settings = _folder.Write("config", "AUTH_PASSWORD_MIN_LENGTH = 13\n");
        await using (var portal = await TestPortal.StartAsync())
        {
            var cli = portal.CommandLine();
            cli.Environment["EPORTAL_CONFIG"] = settings;
            (await cli.RunAsync(["backup", File])).Exit.ShouldBe(0);
        }

        var runner = PortalCli.On(Restored);
        runner.Environment["EPORTAL_CONFIG"] = settings;
        foreach (var choice in (string[])["--full", "--config"])
        {
            await System.IO.File.WriteAllTextAsync(settings, "AUTH_PASSWORD_MIN_LENGTH = 9\n", Cancellation);
            var (exit, _, error) = await runner.RunAsync(["restore", choice, File]);
            exit.ShouldBe(0, error);
            (await System.IO.File.ReadAllTextAsync(settings, Cancellation)).ShouldBe("AUTH_PASSWORD_MIN_LENGTH = 13\n");
        }

        Directory
            .EnumerateFiles(_folder.Path, "config.before-restore-*")
            .ShouldAllBe(kept => System.IO.File.ReadAllText(kept) == "AUTH_PASSWORD_MIN_LENGTH = 9\n");
    }

    [Fact]
    public async Task Under_load_every_backup_is_sound_and_has_all_that_was_acknowledged_before()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { ServerChangesPerHour = 0 });
        var ids = new List<string>();
        for (var n = 0; n < 50; n++)
            ids.Add(await portal.RegisterAsync($"host{n}"));
        var acknowledged = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var keys = Task.Run(
            async () =>
            {
                for (var n = 0; !stop.IsCancellationRequested; n++)
                {
                    await portal.Portal.Keys.Add(TestPortal.Admin, $"key{n}", new KeySettings());
                    acknowledged.Add($"key{n}");
                }
            },
            Cancellation
        );
        var hosts = Task.Run(
            async () =>
            {
                for (var n = 0; !stop.IsCancellationRequested; n++)
                    (
                        await portal.CheckInAsync(
                            TestPortal.Facts(ids[n % ids.Count]) with
                            {
                                Uptime = n,
                                Euname = $"{n}",
                            }
                        )
                    ).EnsureSuccessStatusCode();
            },
            Cancellation
        );
        var instance = (
            await System.IO.File.ReadAllTextAsync(Path.Combine(portal.DataFolder, "instance-id"), Cancellation)
        ).Trim();
        for (var n = 0; n < s_backups; n++)
        {
            var before = acknowledged.ToHashSet();
            var copy = _folder.File($"copy{n}");
            portal.Portal.Database.CopyTo(copy, Cancellation);
            Database.VerifyCopy(copy, instance);
            before.Except(Column(copy, "SELECT name FROM key")).ShouldBeEmpty();
            System.IO.File.Delete(copy);
        }

        await stop.CancelAsync();
        await Task.WhenAll(keys, hosts);
        portal.Portal.Database.LogSize.ShouldBeLessThan(200L << 20);
        // What was put off under load is still being written into rows; the portal is to rest while the backup is made.
        List<string> live;
        do
        {
            System.IO.File.Delete(File);
            live = Dump(Path.Combine(portal.DataFolder, "eportal.sqlite"));
            (await portal.CommandLine().RunAsync(["backup", File])).Exit.ShouldBe(0);
        } while (!live.SequenceEqual(Dump(Path.Combine(portal.DataFolder, "eportal.sqlite"))));
        await Done("restore", File);
        Dump(Path.Combine(Restored, "eportal.sqlite")).ShouldBe(live);
    }

    private string Read(string name) => System.IO.File.ReadAllText(Path.Combine(Restored, name));

    private async Task KeysAre(params string[] keys) =>
        (await PortalCli.JsonAsync(Restored, "key", "list", "--json"))
            .EnumerateArray()
            .Select(key => key.GetProperty("key").GetString())
            .ShouldBe(keys);

    private async Task<(string Out, string Err)> Done(params string[] args)
    {
        var (exit, output, error) = await PortalCli.On(Restored).RunAsync(args);
        exit.ShouldBe(0, error);
        return (output, error);
    }

    private async Task Refused(string why, params string[] args)
    {
        var (exit, _, error) = await PortalCli.On(Restored).RunAsync(args);
        exit.ShouldBe(1);
        error.ShouldContain(why);
    }

    private static List<string> Column(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
            values.Add(
                string.Join(
                    '|',
                    Enumerable
                        .Range(0, reader.FieldCount)
                        .Select(n =>
                            reader.GetValue(n) is byte[] bytes ? Convert.ToHexString(bytes) : $"{reader.GetValue(n)}"
                        )
                )
            );
        return values;
    }

    /// <summary>All rows of all tables.</summary>
    private static List<string> Dump(string path) =>
        [
            .. Column(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                .SelectMany(table =>
                    Column(path, $"SELECT * FROM \"{table}\"").Order(StringComparer.Ordinal).Prepend(table)
                ),
        ];
}
