using System.Diagnostics;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Portal;

/// <summary>The folder of environment variables that the programs read before they start (envdir).</summary>
public sealed class EnvironmentFolderTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder = Directory.CreateTempSubdirectory("eportal-env").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_first_line_of_a_file_is_the_value_of_its_variable()
    {
        File.WriteAllText(Path.Combine(_folder, "EPORTAL_CACHE_MODE"), "maybe \t\nnot this\n");
        var (exit, output, _) = await Check();
        exit.ShouldBe(1);
        output.ShouldContain("EPORTAL_CACHE_MODE: invalid value maybe for CACHE_MODE");
    }

    [Fact]
    public async Task An_empty_file_takes_a_variable_away()
    {
        File.WriteAllText(Path.Combine(_folder, "EPORTAL_CACHE_MODE"), "");
        var (exit, output, _) = await Check(("EPORTAL_CACHE_MODE", "maybe"));
        (exit, output).ShouldBe((0, "settings OK\n"));
    }

    [Fact]
    public async Task What_others_may_write_is_not_read()
    {
        var file = Path.Combine(_folder, "EPORTAL_CACHE_MODE");
        File.WriteAllText(file, "maybe");
        File.SetUnixFileMode(file, OwnerOnly | UnixFileMode.OtherWrite);
        var (exit, _, error) = await Check();
        (exit, error).ShouldBe((0, $"warning: {file} ignored: others may write to it; run chmod go-w\n"));

        File.SetUnixFileMode(_folder, OwnerOnly | UnixFileMode.GroupWrite);
        (_, _, error) = await Check();
        error.ShouldBe($"warning: {_folder} ignored: others may write to it; run chmod go-w\n");
    }

    [Fact]
    public async Task A_folder_in_it_and_a_value_without_end_are_named()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "FOLDER"));
        File.WriteAllText(Path.Combine(_folder, "LONG"), new string('x', 200 * 1024));
        var (exit, _, error) = await Check();
        exit.ShouldBe(0);
        error.ShouldContain($"warning: {_folder}/FOLDER ignored: it is not a file\n");
        error.ShouldContain($"warning: {_folder}/LONG ignored: it is longer than 128 KiB\n");
    }

    private async Task<(int Exit, string Output, string Error)> Check(params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(Programs.Command, ["config", "check"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Those that steer the test run itself.
        foreach (
            var name in start
                .Environment.Keys.Where(name => name.StartsWith("EPORTAL_", StringComparison.Ordinal))
                .ToList()
        )
            start.Environment.Remove(name);
        start.Environment["EPORTAL_ENVIRONMENT"] = _folder;
        start.Environment["EPORTAL_CONFIG"] = "/dev/null";
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await error);
    }
}
