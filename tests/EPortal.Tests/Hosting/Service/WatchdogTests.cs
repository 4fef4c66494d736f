using EPortal.Hosting.Service;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting.Service;

public sealed class WatchdogTests
{
    private static readonly Dictionary<string, string> s_environment = new() { ["WATCHDOG_USEC"] = "30000" };

    [Fact]
    public async Task What_hangs_or_is_wrong_is_told_and_not_called_alive()
    {
        var notes = new List<string>();
        using var end = new CancellationTokenSource();
        var looks = 0;
        var watchdog = new Watchdog(
            ServiceManager.Of(s_environment, notes.Add),
            cancel =>
            {
                if (++looks == 3)
                    end.Cancel();
                return looks == 1
                    ? Task.FromResult<string?>("nobody answers")
                    : new TaskCompletionSource<string?>().Task;
            },
            notes.Add,
            TimeProvider.System
        );

        await watchdog.Run(end.Token);

        notes.ShouldBe([
            "warning: self-check failed: nobody answers",
            "warning: self-check failed: no answer within 0 seconds",
        ]);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("x", null)]
    [InlineData("60000000", 60)]
    public void Its_period_comes_from_the_environment(string? written, int? seconds)
    {
        var environment = new Dictionary<string, string>();
        if (written is not null)
            environment["WATCHDOG_USEC"] = written;

        ServiceManager
            .Of(environment, _ => { })
            .Watchdog.ShouldBe(seconds is { } known ? TimeSpan.FromSeconds(known) : null);
        environment["WATCHDOG_PID"] = "1";
        ServiceManager.Of(environment, _ => { }).Watchdog.ShouldBeNull("it is meant for another process");
    }
}
