namespace EPortal.PatchSource;

/// <summary>Ends something when the last of its users, its owner among them, is done with it.</summary>
/// <param name="end">Ends it.</param>
internal sealed class RefCount(Action end)
{
    private int _count = 1;

    /// <summary>One more user, until the result is disposed; null when it has ended.</summary>
    public IDisposable? BeginOrNull()
    {
        var seen = Volatile.Read(ref _count);
        while (seen > 0)
        {
            var before = Interlocked.CompareExchange(ref _count, seen + 1, seen);
            if (before == seen)
                return new Use(this);
            seen = before;
        }

        return null;
    }

    /// <summary>The owner is done with it; to be called once.</summary>
    public void EndOwn()
    {
        if (Interlocked.Decrement(ref _count) == 0)
            end();
    }

    private sealed class Use(RefCount of) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
                of.EndOwn();
        }
    }
}
