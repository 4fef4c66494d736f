namespace EPortal.Api.Guards;

/// <summary>
/// So many of something, and one more each time a while has passed. What is under way and may yet count is kept apart.
/// Not safe for threads.
/// </summary>
/// <param name="limit">How many at once.</param>
/// <param name="refill">After this long one more.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenBucket(int limit, TimeSpan refill, TimeProvider time)
{
    private readonly Queue<ulong> _counted = new();
    private int _used;
    private long _since;
    private TaskCompletionSource? _ended;

    /// <summary>How many are used up.</summary>
    public int Used
    {
        get
        {
            if (_used == 0)
                return 0;
            var (elapsed, now) = (time.GetElapsedTime(_since), time.GetTimestamp());
            var back = Math.Min(_used, (long)(elapsed / refill));
            _used -= (int)back;
            _since = _used == 0 ? now : _since + (long)(back * refill.TotalSeconds * time.TimestampFrequency);
            return _used;
        }
    }

    /// <summary>How many are under way.</summary>
    public int UnderWay { get; private set; }

    /// <summary>How many wait for one under way to end.</summary>
    public int Waiting { get; set; }

    /// <summary>Whether none is left.</summary>
    public bool IsUsedUp => Used >= limit;

    /// <summary>Whether none would be left if all that are under way counted.</summary>
    public bool IsBusy => Used + UnderWay >= limit;

    /// <summary>Whether there is nothing to remember.</summary>
    public bool IsIdle => Used == 0 && UnderWay == 0 && Waiting == 0;

    /// <summary>Done when the next one under way ends.</summary>
    public Task Ended => (_ended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>One is under way.</summary>
    public void Begin() => UnderWay++;

    /// <summary>One under way has ended.</summary>
    public void End()
    {
        UnderWay--;
        _ended?.TrySetResult();
        _ended = null;
    }

    /// <summary>One counts, unless it is one of the last that did.</summary>
    /// <param name="mark">What tells it from others; 0 for none.</param>
    public void Use(ulong mark = 0)
    {
        if (mark != 0 && _counted.Contains(mark))
            return;
        if (Used == 0)
            _since = time.GetTimestamp();
        _used = Math.Min(_used + 1, limit);
        if (mark == 0)
            return;
        if (_counted.Count == limit)
            _counted.Dequeue();
        _counted.Enqueue(mark);
    }
}
