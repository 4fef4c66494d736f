using System.CommandLine;
using System.Text.Json;
using EPortal.Cli;
using EPortal.Tests.Agents;
using EPortal.Tests.Hosting;
using Shouldly;

namespace EPortal.Tests.Cli;

/// <summary><c>kc.eportal</c> in this process, on a data folder.</summary>
internal static class PortalCli
{
    /// <summary>The command line of a portal that serves meanwhile.</summary>
    public static CliRunner CommandLine(this TestPortal portal, bool isTerminal = false, int width = 80) =>
        On(portal.DataFolder, isTerminal, width, portal.Time);

    /// <summary>The command line on a data folder.</summary>
    public static CliRunner On(
        string dataFolder,
        bool isTerminal = false,
        int width = 80,
        TimeProvider? time = null,
        Func<CliContext, Command>? root = null
    )
    {
        var runner = new CliRunner(root ?? EPortal.Hosting.CommandLine.Administration)
        {
            IsTerminal = isTerminal,
            Time = time ?? TimeProvider.System,
        };
        runner.Environment["EPORTAL_DATA_DIR"] = dataFolder;
        runner.Environment["COLUMNS"] = $"{width}";
        runner.Environment["SUDO_USER"] = "tester";
        if (Shell.IsRoot)
            runner.Environment["EPORTAL_RUN_AS"] = "root";
        return runner;
    }

    /// <summary>Runs a command that must succeed and prints JSON.</summary>
    public static Task<JsonElement> JsonAsync(string dataFolder, params string[] args) =>
        JsonAsync(On(dataFolder), args);

    /// <summary>Runs a command that must succeed and prints JSON.</summary>
    public static async Task<JsonElement> JsonAsync(this CliRunner runner, params string[] args)
    {
        var (exit, output, error) = await runner.RunAsync(args);
        exit.ShouldBe(0, error);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.Clone();
    }
}
