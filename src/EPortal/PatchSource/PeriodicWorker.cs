namespace EPortal.PatchSource;

/// <summary>Work that is done at the start and every so often from then on.</summary>
/// <param name="period">How often; null for never.</param>
/// <param name="time">The clock.</param>
internal abstract class PeriodicWorker(TimeSpan? period, TimeProvider time) : BackgroundService
{
    /// <summary>The clock.</summary>
    protected TimeProvider Time { get; } = time;

    /// <summary>One round. A failure that may pass is told there and must not leave it.</summary>
    protected abstract Task Round(CancellationToken cancel);

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (period is not { } every)
            return;
        using var timer = new PeriodicTimer(every, Time);
        try
        {
            do
                await Round(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Wanted. Let out, a host that ends before it had begun would call it a failure.
        }
    }
}
