namespace EPortal.Api.Guards;

/// <summary>
/// Bounds how many lines strangers can have written to a log: thirty at once, and one more each two seconds. Any thread
/// may ask.
/// </summary>
internal sealed class LogRateLimiter(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly TokenBucket _lines = new(30, TimeSpan.FromSeconds(2), time);
    private long _leftOut;

    /// <summary>Whether a line may be written; it is to say how many were not since the last one.</summary>
    public bool Admits(out long leftOut)
    {
        lock (_gate)
        {
            leftOut = _leftOut;
            if (_lines.IsUsedUp)
            {
                _leftOut++;
                return false;
            }

            _leftOut = 0;
            _lines.Use();
            return true;
        }
    }
}
