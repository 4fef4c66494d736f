using System.Diagnostics;
using System.Text.Json;
using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Service;

/// <summary>What a service manager is told, what the journal gets, and where the environment comes from.</summary>
public sealed class ServiceTests : IDisposable
{
    private readonly PortalInstallation _installation = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task The_watchdog_hears_of_it_again_and_again()
    {
        using var manager = new ServiceManagerDouble(_installation.PathOf("notify"));
        await using var portal = await manager.StartAsync(
            _installation.Start(Programs.Portal, ["serve"]),
            [],
            TimeSpan.FromSeconds(0.6)
        );
        await Eventually.IsTrueAsync(
            "it is heard of three times",
            () => Task.FromResult(manager.Messages.Count(message => message == "WATCHDOG=1") > 3)
        );

        (await portal.SignalAsync("TERM")).ShouldBe(0, portal.Errors);
    }

    [Fact]
    public async Task Log_lines_are_JSON_where_LOG_FORMAT_says_so_with_levels_for_the_journal()
    {
        _installation.Environment["EPORTAL_LOG_FORMAT"] = "json";
        _installation.Environment["EPORTAL_PATCH_SOURCE_CHECK_CERT"] = "False";
        await using var portal = await PortalProcess.StartAsync(Journaled());
        await WrongPasswordAsync(portal);
        await Eventually.IsTrueAsync("it is logged", () => Task.FromResult(portal.Errors.Contains("Wrong password")));

        var lines = portal.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines)
        {
            line.ShouldStartWith("<");
            using var json = JsonDocument.Parse(line[3..]);
            json.RootElement.GetProperty("time").GetDateTimeOffset().Offset.ShouldBe(TimeSpan.Zero);
            json.RootElement.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        }

        lines.ShouldContain(line =>
            line.StartsWith("<4>{") && line.Contains("certificate of the patch source is not checked")
        );
        lines.ShouldContain(line => line.StartsWith("<4>{") && line.Contains("Wrong password"));
    }

    [Fact]
    public async Task Text_has_levels_for_the_journal_alone()
    {
        await using (var portal = await PortalProcess.StartAsync(Journaled()))
        {
            await WrongPasswordAsync(portal);
            await Eventually.IsTrueAsync(
                "it is logged with its level",
                () => Task.FromResult(portal.Errors.Contains("<4>EPortal.") && portal.Errors.Contains("Wrong password"))
            );
        }

        _installation.Environment["JOURNAL_STREAM"] = "1:1";
        await using var plain = await _installation.ServeAsync();
        await WrongPasswordAsync(plain);
        await Eventually.IsTrueAsync("it is logged", () => Task.FromResult(plain.Errors.Contains("Wrong password")));
        plain.Errors.ShouldNotContain("<4>");
    }

    [Fact]
    public async Task That_it_cannot_start_is_an_error_in_the_journal()
    {
        _installation.Environment["EPORTAL_LISTEN"] = "nowhere";
        using var process = Process.Start(Journaled())!;
        process.StandardInput.Close();
        var errors = await process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);

        errors.ShouldContain("<3>error: invalid settings");
    }

    [Fact]
    public async Task The_environment_folder_is_read_as_envdir_does()
    {
        var folder = Folder();
        await WriteAsync(folder, "EPORTAL_AUTH_PASSWORD_MIN_LENGTH", "'nonsense' \t\nsecond line\n");
        await WriteAsync(folder, "EPORTAL_PATCHES_DIR", "");
        await WriteAsync(folder, ".hidden", "x\n");
        _installation.Environment["EPORTAL_PATCHES_DIR"] = "nonsense";

        var result = await _installation.TryAsync("config", "check");

        result.Stdout.ShouldContain("EPORTAL_AUTH_PASSWORD_MIN_LENGTH");
        result.Stdout.ShouldNotContain("second line");
        result.Stdout.ShouldNotContain("PATCHES_DIR");
    }

    [Fact]
    public async Task PYTHONHTTPSVERIFY_there_switches_the_check_of_the_patch_source_off_and_is_told_of()
    {
        await WriteAsync(Folder(), "PYTHONHTTPSVERIFY", "0\n");

        (await _installation.DoAsync("config", "check")).ShouldContain(
            "warning: settings: the certificate of the patch source is not checked"
        );
        await using var portal = await _installation.ServeAsync();
        portal.Errors.ShouldContain("the certificate of the patch source is not checked");
        (await _installation.DoAsync("doctor", _installation.PathOf("doctor.tar.gz"))).ShouldContain(
            "the certificate of the patch source is not checked"
        );
    }

    [Fact]
    public async Task What_others_could_have_written_is_left_out_and_told_of()
    {
        var folder = Folder();
        await WriteAsync(folder, "PYTHONHTTPSVERIFY", "0\n");
        File.SetUnixFileMode(Path.Combine(folder, "PYTHONHTTPSVERIFY"), (UnixFileMode)0x1B6);

        var file = await _installation.TryAsync("config", "check");
        File.SetUnixFileMode(folder, (UnixFileMode)0x1FF);
        var whole = await _installation.TryAsync("config", "check");

        foreach (var result in (CommandResult[])[file, whole])
        {
            result.ExitCode.ShouldBe(0);
            result.Stdout.ShouldNotContain("certificate");
            result.Stderr.ShouldContain("warning: ");
            result.Stderr.ShouldContain(" ignored: ");
        }
    }

    private string Folder()
    {
        var folder = Directory.CreateDirectory(_installation.PathOf("environment")).FullName;
        _installation.Environment["EPORTAL_ENVIRONMENT"] = folder;
        return folder;
    }

    private static Task WriteAsync(string folder, string name, string content) =>
        File.WriteAllTextAsync(Path.Combine(folder, name), content, Cancel);

    /// <summary>With standard error as the journal's stream.</summary>
    private ProcessStartInfo Journaled()
    {
        var start = _installation.Start(Programs.Portal, ["serve"]);
        string[] program = [start.FileName, .. start.ArgumentList];
        start.FileName = "/bin/bash";
        start.ArgumentList.Clear();
        foreach (
            var argument in (string[])
                ["-c", "export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/$$/fd/2); exec \"$@\"", "bash", .. program]
        )
            start.ArgumentList.Add(argument);
        return start;
    }

    private static async Task WrongPasswordAsync(PortalProcess portal)
    {
        using var http = new HttpClient { BaseAddress = portal.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/api/users");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String("a:b"u8));
        using var answer = await http.SendAsync(request, Cancel);
        answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
    }
}
