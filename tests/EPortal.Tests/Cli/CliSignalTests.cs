using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

public sealed class CliSignalTests
{
    [Theory]
    [InlineData("-INT")]
    [InlineData("-TERM")]
    public async Task A_signal_ends_a_running_command_cleanly(string signal)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var child = ChildProcess.Start("wait", []);
        (await child.ReadLineAsync(cancellation)).ShouldBe("ready");
        Shell.Run("kill", signal, $"{child.Id}");
        (await child.EndAsync(cancellation)).ShouldBe((130, "", "interrupted\n"));
    }
}
