namespace EPortal.Data;

/// <summary>What waits for the writer.</summary>
internal sealed class WriterQueue : IDisposable
{
    /// <summary>Changes that may wait; more are turned away at once instead of growing a queue.</summary>
    private const int Length = 8192;

    /// <summary>How long nothing must have come before maintenance is done.</summary>
    private static readonly TimeSpan s_idlePause = TimeSpan.FromMilliseconds(5);

    /// <summary>The same after a commit that failed: a full disk is not empty a moment later.</summary>
    private static readonly TimeSpan s_idlePauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<PendingChange> _changes = new();
    private readonly AutoResetEvent _wake = new(false);
    private volatile BatchedWrites[] _shared = [];
    private volatile bool _maintains;
    private int _woken;
    private bool _closed;

    /// <summary>The shared writes that take part.</summary>
    public IReadOnlyList<BatchedWrites> Shared => _shared;

    /// <summary>How many changes and shared writes wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _changes.Count + _shared.Sum(shared => shared.Waiting);
        }
    }

    /// <summary>Whether maintenance is done when nothing waits.</summary>
    public bool Maintains
    {
        get => _maintains;
        set => _maintains = value;
    }

    private bool HasMaintenance => _maintains && Array.Exists(_shared, shared => shared.HasMaintenance);

    /// <summary>Takes shared writes in.</summary>
    public void Join(BatchedWrites shared)
    {
        lock (_gate)
            _shared = [.. _shared, shared];
    }

    /// <summary>Adds a change; false when too many wait or no more are taken.</summary>
    public bool TryAdd(PendingChange change)
    {
        lock (_gate)
        {
            if (_closed || _changes.Count >= Length)
                return false;
            _changes.Enqueue(change);
        }

        Wake();
        return true;
    }

    /// <summary>Wakes the writer, who may be awake already.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _woken, 1) == 0)
            _wake.Set();
    }

    /// <summary>Takes no more; what waits is still written.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
        Wake();
    }

    /// <summary>Waits until there is something to do; false when all is done and no more is taken.</summary>
    /// <param name="hasFailed">Whether the last commit failed.</param>
    public bool Wait(bool hasFailed)
    {
        while (true)
        {
            Volatile.Write(ref _woken, 0);
            Interlocked.MemoryBarrier();
            if (Waiting > 0)
                return true;
            if (IsClosed())
                return false;
            if (
                !_wake.WaitOne(
                    !HasMaintenance ? Timeout.InfiniteTimeSpan
                    : hasFailed ? s_idlePauseAfterFailure
                    : s_idlePause
                )
            )
                return true;
        }
    }

    /// <summary>Moves what waits to <paramref name="batch"/>.</summary>
    public void Take(List<PendingChange> batch, int most)
    {
        lock (_gate)
        {
            while (batch.Count < most && _changes.TryDequeue(out var change))
                batch.Add(change);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    private bool IsClosed()
    {
        lock (_gate)
            return _closed;
    }
}
