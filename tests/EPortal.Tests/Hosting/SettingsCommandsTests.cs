using System.CommandLine;
using System.Text.Json;
using EPortal.Hosting;
using EPortal.Tests.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class SettingsCommandsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private readonly CliRunner _runner = new(context => new Command("kc.eportal") { SettingsCommands.Create(context) });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Right_settings_are_said_to_be_right()
    {
        _runner.Environment["EPORTAL_CONFIG"] = _folder.Write("config", "CACHE_MODE = True\n");
        (await _runner.RunAsync(["config", "check"])).ShouldBe((0, "settings OK\n", ""));
    }

    [Fact]
    public async Task A_key_that_a_start_would_refuse_is_an_error()
    {
        var (certificate, key) = (_folder.File("portal.crt"), _folder.File("portal.key"));
        using var made = TlsPair.Write(certificate, key);
        _runner.Environment["EPORTAL_CONFIG"] = _folder.Write(
            "config",
            $"LISTEN = 'https://127.0.0.1:8443'\nTLS_CERT = '{certificate}'\nTLS_KEY = '{key}'\n"
        );
        (await _runner.RunAsync(["config", "check"])).ShouldBe((0, "settings OK\n", ""));

        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var (exit, output, _) = await _runner.RunAsync(["config", "check"]);

        (exit, output).ShouldBe(
            (1, $"error: settings: every user can read the private key {key} (TLS_KEY); run chmod 640 {key}\n")
        );
    }

    [Fact]
    public async Task A_folder_that_is_a_file_is_an_error()
    {
        var file = _folder.Write("patches", "");
        _runner.Environment["EPORTAL_CONFIG"] = _folder.Write("config", $"PATCHES_DIR = '{file}'\n");
        (await _runner.RunAsync(["config", "check"])).Out.ShouldBe(
            $"error: settings: {file} (PATCHES_DIR) is not a folder\n"
        );
    }

    [Fact]
    public async Task A_file_that_only_root_can_read_is_an_error()
    {
        Assert.SkipUnless(Shell.IsRoot, "only root has files that others cannot read");
        var path = _runner.Environment["EPORTAL_CONFIG"] = _folder.Write("config", "RUN_AS = 'nobody'\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var (exit, output, _) = await _runner.RunAsync(["config", "check"]);

        exit.ShouldBe(1);
        output.ShouldStartWith($"error: {path}: user 'nobody' cannot read the file; run chown root:");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        (await _runner.RunAsync(["config", "check"])).Exit.ShouldBe(0);
    }

    [Fact]
    public async Task Every_problem_is_printed()
    {
        var path = _runner.Environment["EPORTAL_CONFIG"] = _folder.Write(
            "config",
            "CACHE_MODE = 2\nREPLICATION_CLEAN_AGGRESSIVE_AGE = 60\n"
        );
        _runner.Environment["EPORTAL_PROXI"] = "x";
        _runner.Environment["EPORTAL_BUNITS"] = "x";
        var (exit, output, _) = await _runner.RunAsync(["config", "check"]);
        exit.ShouldBe(1);
        output.ShouldBe(
            $"""
            error: {path}:1: invalid value 2 for CACHE_MODE: use True or False
            warning: {path}:2: REPLICATION_CLEAN_AGGRESSIVE_AGE has no effect
            warning: EPORTAL_BUNITS: unknown setting BUNITS ignored
            error: EPORTAL_PROXI: unknown setting PROXI; did you mean PROXY?

            """.ReplaceLineEndings("\n")
        );
    }

    [Fact]
    public async Task Programs_get_json()
    {
        var path = _runner.Environment["EPORTAL_CONFIG"] = _folder.Write("config", "\nCACHE_MODE = 2\n");
        var (exit, output, error) = await _runner.RunAsync(["config", "check", "--json"]);
        (exit, error).ShouldBe((1, ""));
        using var json = JsonDocument.Parse(output);
        json.RootElement.GetProperty("ok").GetBoolean().ShouldBeFalse();
        var problem = json.RootElement.GetProperty("problems").EnumerateArray().ShouldHaveSingleItem();
        problem.GetProperty("severity").GetString().ShouldBe("error");
        problem.GetProperty("source").GetString().ShouldBe(path);
        problem.GetProperty("line").GetInt32().ShouldBe(2);
        problem.GetProperty("name").GetString().ShouldBe("CACHE_MODE");
        problem.GetProperty("message").GetString().ShouldBe("invalid value 2 for CACHE_MODE: use True or False");
    }
}
