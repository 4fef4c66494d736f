using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace EPortal.Tests;

/// <summary>Time that stands still until somebody waits for it.</summary>
internal static class PassingTime
{
    /// <summary>Lets time pass, half a second at a step, until the work is done.</summary>
    public static async Task<T> PassUntilAsync<T>(this FakeTimeProvider time, Task<T> work)
    {
        while (await Task.WhenAny(work, Task.Delay(10, TestContext.Current.CancellationToken)) != work)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromMilliseconds(500));
        }

        return await work;
    }
}
