using System.Diagnostics;
using Shouldly;

namespace EPortal.Tests.Hosting;

/// <summary>Runs the machine's own tools, so that a test does not ask the program about itself.</summary>
internal static class Shell
{
    public static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>The tool's output, trimmed; a failure fails the test.</summary>
    public static string Run(string tool, params string[] args)
    {
        using var process = Process.Start(
            new ProcessStartInfo(tool, args) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{tool} {string.Join(' ', args)}: {error.Result}");
        return output.Trim();
    }

    /// <summary>Mode and owner as <c>stat</c> tells them, such as <c>700 nobody</c>.</summary>
    public static string Stat(string path) => Run("stat", "-c", "%a %U", path);
}
