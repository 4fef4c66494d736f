namespace EPortal.Data;

/// <summary>
/// Keeps the last picture of something that takes long to look at. Asking never waits for a new one except for the very first; an old
/// one has a new one made beside it, at most each minute and never more than a twentieth of the time.
/// </summary>
/// <typeparam name="T">The picture.</typeparam>
internal abstract class Picture<T>(TimeProvider time)
    where T : class
{
    private const int Pauses = 20;
    private static readonly TimeSpan s_least = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Task _running = Task.CompletedTask;
    private long _next = long.MinValue;
    private volatile T? _last;

    /// <summary>The last picture; null when none could be made yet.</summary>
    public async Task<T?> Get(CancellationToken cancel)
    {
        Task running;
        lock (_gate)
        {
            if (_running.IsCompleted && time.GetTimestamp() >= _next)
                _running = Task.Run(Make, CancellationToken.None);
            running = _running;
        }

        if (_last is null)
            await running.WaitAsync(cancel);
        return _last;
    }

    /// <summary>Makes a picture.</summary>
    protected abstract T Look(DateTimeOffset now);

    /// <summary>Tells that none could be made.</summary>
    protected abstract void Failed(string reason);

    private void Make()
    {
        var begun = time.GetTimestamp();
        try
        {
            _last = Look(time.GetUtcNow());
        }
        catch (SentenceException e)
        {
            Failed(e.Message);
        }

        var pause = Math.Max(s_least.Ticks, time.GetElapsedTime(begun).Ticks * Pauses);
        lock (_gate)
            _next = time.GetTimestamp() + (long)(TimeSpan.FromTicks(pause).TotalSeconds * time.TimestampFrequency);
    }
}
