namespace EPortal.PatchSource;

/// <summary>Work that is done at the start and every so often from then on.</summary>
/// <param name="period">How often; null for never.</param>
/// <param name="time">The clock.</param>
internal abstract class PeriodicWorker(TimeSpan? period, TimeProvider time) : BackgroundService
{
    /// <summary>A delay cannot be longer than 49 days.</summary>
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
        try
        {
            while (true)
            {
                // Begun before the round, so that rounds keep their rhythm; a clock that jumps by days means one round.
                var next = Delay(every, stoppingToken);
                await Round(stoppingToken);
                await next;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Wanted. Let out, a host that ends before it had begun would call it a failure.
        }
    }

    private async Task Delay(TimeSpan delay, CancellationToken cancel)
    {
        var begun = Time.GetTimestamp();
        while (delay - Time.GetElapsedTime(begun) is var left && left > TimeSpan.Zero)
            await Task.Delay(left < s_longest ? left : s_longest, Time, cancel);
    }
}
