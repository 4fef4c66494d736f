namespace EPortal.Data;

/// <summary>
/// Gives a piece of work a bounded share of a thread's time: after each turn it has to wait some times as long as that
/// took.
/// </summary>
/// <param name="parts">The share is one part in so many.</param>
/// <param name="time">The clock.</param>
internal sealed class TimeShare(int parts, TimeProvider time)
{
    private long _began;
    private TimeSpan _wait;

    /// <summary>Does the work if its turn has come.</summary>
    public void Run(Action work)
    {
        if (time.GetElapsedTime(_began) < _wait)
            return;
        var began = time.GetTimestamp();
        work();
        (_began, _wait) = (time.GetTimestamp(), time.GetElapsedTime(began) * (parts - 1));
    }
}
