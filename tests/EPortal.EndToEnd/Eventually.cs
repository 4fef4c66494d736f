using System.Diagnostics;
using Xunit;

namespace EPortal.EndToEnd;

/// <summary>Waits for what becomes true by itself, asking again and again until a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    public static async Task IsTrueAsync(
        string what,
        Func<Task<bool>> condition,
        TimeSpan? pause = null,
        TimeSpan? deadline = null
    )
    {
        var most = deadline ?? s_deadline;
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > most)
                throw new TimeoutException($"In {most.TotalSeconds} s it did not come true that {what}.");
            await Task.Delay(pause ?? s_pause, TestContext.Current.CancellationToken);
        }
    }
}
