namespace EPortal.PatchSource;

/// <summary>Work that is done at the start and every so often from then on.</summary>
/// <param name="period">How often; null for never.</param>
/// <param name="time">The clock.</param>
internal abstract class PeriodicWorker(TimeSpan? period, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    /// <summary>The clock.</summary>
    protected TimeProvider Time { get; } = time;

    /// <summary>One round. A failure that may pass is told there and must not leave it.</summary>
    protected abstract Task Round(CancellationToken cancel);

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (period is not { } every)
            return;
        // A timer cannot be set to more than 49 days.
        var parts = (int)Math.Ceiling(every / s_longest);
        using var timer = new PeriodicTimer(every / parts, Time);
        try
        {
            do await Round(stoppingToken);
            while (await Wait(timer, parts, stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Wanted. Let out, a host that ends before it had begun would call it a failure.
        }
    }

    private static async Task<bool> Wait(PeriodicTimer timer, int ticks, CancellationToken cancel)
    {
        while (await timer.WaitForNextTickAsync(cancel))
        {
            if (--ticks == 0)
                return true;
        }

        return false;
    }
}
