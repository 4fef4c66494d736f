namespace EPortal.Data;

/// <summary>
/// Keeps the last picture of something that takes long to look at. Whoever asks gets the last one, waiting only for the
/// very first, or waits a moment for a new one, as he likes; an old one has a new one made beside it, at most each
/// minute unless said otherwise, and never more than a twentieth of the time.
/// </summary>
/// <typeparam name="T">The picture.</typeparam>
internal abstract class BackgroundSnapshot<T>(TimeProvider time)
    where T : class
{
    private const int Pauses = 20;
    private static readonly TimeSpan s_least = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private Task _running = Task.CompletedTask;
    private long _next = long.MinValue;
    private volatile T? _last;

    /// <summary>How long a picture is good at the least.</summary>
    protected virtual TimeSpan Least => s_least;

    /// <summary>The last picture; null when none could be made yet.</summary>
    public async Task<T?> Get(CancellationToken cancel)
    {
        var (running, _) = Begin();
        if (_last is null)
            await running.WaitAsync(cancel);
        return _last;
    }

    /// <summary>
    /// The last picture, or the next one where that is being made and is ready soon; null when none could be made yet.
    /// </summary>
    public async Task<T?> GetNew(CancellationToken cancel)
    {
        var (running, isDue) = Begin();
        if (_last is null)
            await running.WaitAsync(cancel);
        else if (isDue)
            await Task.WhenAny(running, Task.Delay(s_patience, cancel));
        return _last;
    }

    private (Task Running, bool IsDue) Begin()
    {
        lock (_gate)
        {
            var isDue = time.GetTimestamp() >= _next;
            if (_running.IsCompleted && isDue)
                _running = Task.Run(Make, CancellationToken.None);
            return (_running, isDue);
        }
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
        catch (UserFacingException e)
        {
            Failed(e.Message);
        }

        var pause = Math.Max(Least.Ticks, time.GetElapsedTime(begun).Ticks * Pauses);
        lock (_gate)
            _next = time.GetTimestamp() + (long)(TimeSpan.FromTicks(pause).TotalSeconds * time.TimestampFrequency);
    }
}
