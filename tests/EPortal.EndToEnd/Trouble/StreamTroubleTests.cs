using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Trouble;

/// <summary>
/// Standard input, output and error that are closed, full or gone: a sentence at most, and never a stack trace.
/// </summary>
public sealed class StreamTroubleTests : IDisposable
{
    private readonly PortalInstallation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Theory]
    [InlineData("key | head -n 0", "0")]
    [InlineData("key --json | head -n 0", "0")]
    [InlineData("--help | head -n 0", "0")]
    [InlineData("key < /dev/null", "0")]
    [InlineData("key <&-", "0")]
    [InlineData("key 2>&-", "0")]
    [InlineData("nonsense 2>&-", "2")]
    [InlineData("nonsense 2>/dev/full", "2")]
    [InlineData("key -d nope --yes 2>&-", "1")]
    [InlineData("key >/dev/full", "1")]
    [InlineData("key --json >/dev/full", "1")]
    [InlineData("key -d first < /dev/null", "1")]
    public async Task Of_a_command(string command, string exit)
    {
        await _installation.DoAsync("key", "-a", "first");
        await using (var portal = await _installation.ServeAsync())
        using (var http = new HttpClient { BaseAddress = portal.Address })
            await http.RegisterAsync("first");

        var result = await _installation.RunAsync(
            "/bin/bash",
            "-c",
            $"'{Programs.Command}' {command}; echo \"exit ${{PIPESTATUS[0]}}\""
        );

        result.Stdout.ShouldEndWith($"exit {exit}\n", customMessage: result.ToString());
        result.Stderr.ShouldNotContain("internal error");
        result.Stderr.ShouldNotContain("   at ");
        result
            .Stderr.Count(c => c == '\n')
            .ShouldBe(exit == "1" && !command.Contains("2>", StringComparison.Ordinal) ? 1 : 0, result.Stderr);
        (await _installation.DoAsync("key")).ShouldContain("first");
    }

    [Fact]
    public async Task Of_a_deploy_whose_messages_nobody_takes()
    {
        var archive = await _installation.BuildAsync("K1", 1, 1000);

        var result = await _installation.RunAsync(
            "/bin/bash",
            "-c",
            $"'{Programs.Command}' kcare deploy '{archive}' 2>/dev/full"
        );

        result.ExitCode.ShouldBe(0, result.ToString());
        (await _installation.DoAsync("kcare", "list")).ShouldContain("K1");
    }
}
