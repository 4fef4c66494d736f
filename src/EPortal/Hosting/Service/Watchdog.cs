namespace EPortal.Hosting.Service;

/// <summary>
/// Tells the service manager that the portal is well, three times as often as it wants to hear so, as long as the
/// portal finds itself well. When it does not, the manager ends it and starts it anew.
/// </summary>
/// <param name="manager">Is told.</param>
/// <param name="check">Looks; null when all is well, else what is not.</param>
/// <param name="note">Takes a line each time something is wrong.</param>
/// <param name="time">The clock.</param>
internal sealed class Watchdog(
    ServiceManager manager,
    Func<CancellationToken, Task<string?>> check,
    Action<string> note,
    TimeProvider time
)
{
    private const int TimesAPeriod = 3;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task Run(CancellationToken cancel)
    {
        if (manager.Watchdog is not { } period)
            return;
        using var timer = new PeriodicTimer(period / TimesAPeriod, time);
        try
        {
            do await Look(period / TimesAPeriod, cancel);
            while (await timer.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The portal ends, and its manager knows.
        }
    }

    private async Task Look(TimeSpan longest, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(longest);
        string? problem;
        try
        {
            problem = await check(limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            problem = $"no answer within {longest.TotalSeconds:0.#} seconds";
        }

        if (problem is null)
            manager.Alive();
        else
            note($"warning: self-check failed: {problem}");
    }
}
