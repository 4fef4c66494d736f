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
            "warning: settings: EPORTAL_REPLICATION_CLEAN_AGGRESSIVE_AGE: REPLICATION_CLEAN_AGGRESSIVE_AGE has no effect\n"
        );
        (await cli.RunAsync(["key"])).Err.ShouldBeEmpty();
    }

    /// <summary>In a process of its own, which finds a <c>sendmail</c> of the test first.</summary>
    [Theory]
    [InlineData("cat > $0.mail", null, 0, "")]
    [InlineData("cat > $0.mail", "--no-send", 0, "")]
    [InlineData("echo no route >&2; exit 75", "--no-send", 0, "")]
    [InlineData(
        "echo no route >&2; exit 75",
        null,
        1,
        "error: the diagnostics were written, but not mailed to help@example.com: "
            + "sendmail failed with exit code 75: no route\n"
    )]
    public async Task The_archive_is_mailed_to_whom_the_settings_name_unless_it_shall_not_be(
        string script,
        string? option,
        int exit,
        string error
    )
    {
        Directory.CreateDirectory(_folder.File("bin"));
        var sendmail = _folder.Write("bin/sendmail", $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(sendmail, (UnixFileMode)Convert.ToInt32("755", 8));
        var file = _folder.File("d.tar.gz");
        var environment = new Dictionary<string, string>
        {
            ["ROLE_ARGUMENTS"] = string.Join(
                '\n',
                (string[])["doctor", file, .. option is null ? [] : new[] { option }]
            ),
            ["PATH"] = $"{_folder.File("bin")}:/usr/bin:/bin",
            ["EPORTAL_CONFIG"] = "/dev/null",
            ["EPORTAL_DATA_DIR"] = _folder.File("data"),
            ["EPORTAL_DOCTOR_MAILTO"] = "'help@example.com'",
        };
        environment["EPORTAL_RUN_AS"] = Environment.UserName;
        using var child = ChildProcess.Start("kc", environment);

        var end = await child.EndAsync(TestContext.Current.CancellationToken);

        (end.Exit, end.Err).ShouldBe((exit, error));
        Unpack(file).Keys.ShouldContain("findings.txt");
        var isMailed = option is null && exit == 0;
        end.Out.Contains("mailed to help@example.com\n").ShouldBe(isMailed);
        File.Exists($"{sendmail}.mail").ShouldBe(isMailed);
        if (!isMailed)
            return;
        var letter = await File.ReadAllTextAsync($"{sendmail}.mail", TestContext.Current.CancellationToken);
        letter.ShouldStartWith("To: help@example.com\nSubject: ePortal diagnostics eportal-doctor-");
        var encoded = letter[letter.IndexOf("\n\n", StringComparison.Ordinal)..];
        Convert
            .FromBase64String(encoded)
            .ShouldBe(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
    }

    /// <summary>As in a service of systemd with <c>NoNewPrivileges=</c>.</summary>
    [Fact]
    public async Task Where_programs_get_no_rights_of_their_own_that_is_said_when_mail_fails()
    {
        Directory.CreateDirectory(_folder.File("bin"));
        var sendmail = _folder.Write("bin/sendmail", "#!/bin/sh\necho cannot write to the queue >&2; exit 75\n");
        File.SetUnixFileMode(sendmail, (UnixFileMode)Convert.ToInt32("755", 8));
        using var child = ChildProcess.Start(
            "kc",
            new Dictionary<string, string>
            {
                ["ROLE_ARGUMENTS"] = $"doctor\n{_folder.File("d.tar.gz")}",
                ["PATH"] = $"{_folder.File("bin")}:/usr/bin:/bin",
                ["EPORTAL_CONFIG"] = "/dev/null",
                ["EPORTAL_DATA_DIR"] = _folder.File("data"),
                ["EPORTAL_DOCTOR_MAILTO"] = "'help@example.com'",
                ["EPORTAL_RUN_AS"] = Environment.UserName,
            },
            "setpriv",
            "--no-new-privs"
        );

        var (exit, _, error) = await child.EndAsync(TestContext.Current.CancellationToken);

        exit.ShouldBe(1);
        error.ShouldEndWith(
            "sendmail failed with exit code 75: cannot write to the queue (a service cannot use postfix, exim4 or dma: "
                + "use msmtp-mta, or have cron run `kc.eportal report`)\n"
        );
    }

    /// <summary>Its files are right, and only a handshake shows that OpenSSL does not serve it.</summary>
    [Fact]
    public async Task A_certificate_that_fails_its_trial_is_a_problem_here_too()
    {
        await using var portal = await TestPortal.StartAsync();
        var (certificate, key) = (_folder.File("tls.crt"), _folder.File("tls.key"));
        Shell.Run(
            "openssl",
            [.. "req -x509 -newkey rsa:1024 -nodes -subj /CN=localhost -keyout".Split(' '), key, "-out", certificate]
        );
        var cli = portal.CommandLine();
        cli.Environment["EPORTAL_LISTEN"] = "'https://127.0.0.1:8443'";
        cli.Environment["EPORTAL_TLS_CERT"] = $"'{certificate}'";
        cli.Environment["EPORTAL_TLS_KEY"] = $"'{key}'";
        var file = _folder.File("d.tar.gz");

        var (exit, output, _) = await cli.RunAsync(["doctor", file]);

        exit.ShouldBe(1);
        output.ShouldContain($"problem: https: OpenSSL does not take the certificate {certificate} (TLS_CERT)");
        output.ShouldContain("use RSA of 2048 bits or more");
        Unpack(file)["findings.txt"].ShouldContain("problem: https: OpenSSL does not take the certificate");
        using var made = TlsPair.Write(certificate, key);
        (await cli.RunAsync(["doctor", _folder.File("again.tar.gz")])).Out.ShouldContain(
            "ok: https: the certificate is valid until"
        );
    }

    private static Dictionary<string, string> Unpack(string file)
    {
        using var packed = File.OpenRead(file);
        using var tar = new TarReader(new GZipStream(packed, CompressionMode.Decompress));
        var texts = new Dictionary<string, string>();
        while (tar.GetNextEntry() is { } entry)
        {
            using var reader = new StreamReader(entry.DataStream ?? Stream.Null);
            texts.Add(Path.GetFileName(entry.Name), reader.ReadToEnd());
        }

        return texts;
    }
}
