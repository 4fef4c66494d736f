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
    public async Task Every_problem_is_printed()
    {
        var path = _runner.Environment["EPORTAL_CONFIG"] = _folder.Write(
            "config",
            "CACHE_MODE = 2\nNODE_URL = \"http://b\"\n"
        );
        _runner.Environment["EPORTAL_PROXI"] = "x";
        _runner.Environment["EPORTAL_BUNITS"] = "x";
        var (exit, output, _) = await _runner.RunAsync(["config", "check"]);
        exit.ShouldBe(1);
        output.ShouldBe(
            $"""
            error: {path}:1: invalid value 2 for CACHE_MODE: use True or False
            warning: {path}:2: NODE_URL has no effect yet
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
