using EPortal.Data;

namespace EPortal.Servers.CheckIns;

/// <summary>
/// Writes check-ins of known hosts: straight to the rows of their servers or, when many come, to a log (
/// <see cref="CheckInLog"/>), so that a commit writes a few pages and not some for each host.
/// <see cref="CheckInFlusher"/> moves them from there into the rows little by little.
/// </summary>
internal sealed class CheckInWriter : BatchedWrites
{
    /// <summary>Check-ins that may wait; more are turned away at once.</summary>
    public const int MaxWaiting = 1024;

    private readonly Lock _gate = new();
    private readonly ChangeLog _log;
    private readonly ServerCache _known;
    private readonly HostChangeLimiter _limit;
    private readonly CheckInFlusher _flusher;
    private readonly List<PendingCheckIn> _unchanged = [];
    private readonly List<PendingCheckIn> _changed = [];
    private List<PendingCheckIn> _waiting = [];
    private List<PendingCheckIn> _taken = [];

    /// <summary>Joins the commits of a change log.</summary>
    public CheckInWriter(ChangeLog log, ServerCache known, HostChangeLimiter limit)
    {
        (_log, _known, _limit, _flusher) = (log, known, limit, new CheckInFlusher(limit, log.Time));
        log.Join(this);
    }

    /// <summary>Whether no more can be taken at present.</summary>
    public bool IsFull => Volatile.Read(ref _waiting).Count >= MaxWaiting;

    /// <summary>Hosts whose latest words are on disk and not yet in lists.</summary>
    public long Behind => _flusher.Behind;

    /// <summary>
    /// Records a check-in of a host that <see cref="ServerCache"/> has; done when it is on disk, false when the host
    /// was deleted meanwhile.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="local">This node's number of it.</param>
    /// <param name="uptime">Seconds since it booted.</param>
    /// <param name="facts">What it says that may be new; null when only time and uptime are.</param>
    public ValueTask<bool> Record(PackedServerId id, long local, long uptime, PendingFacts? facts = null)
    {
        if (_log.IsUnderLoad)
            _ = facts?.Json;
        var item = new PendingCheckIn(id, local, uptime, facts);
        lock (_gate)
            _waiting.Add(item);
        _log.Wake();
        return item.Task;
    }

    /// <inheritdoc/>
    internal override int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <inheritdoc/>
    internal override bool HasMaintenance => !_flusher.IsEmpty;

    /// <inheritdoc/>
    internal override void Write(Change change)
    {
        Take();
        _known.CatchUp(change.Session, change.Node.Revision);
        _flusher.Open(change.Session);
        Sort(change);
        // What came later must not be in the rows before what waits.
        if (change.IsUnderLoad || !_flusher.IsEmpty)
            _flusher.Append(change, [.. _unchanged, .. _changed], _changed);
        else
            WriteRows(change);
        _flusher.Run(change, _unchanged.Count + _changed.Count, _changed.Count);
    }

    /// <inheritdoc/>
    internal override void Acknowledge()
    {
        foreach (var item in _taken)
        {
            if (item is { Facts: { } facts, IsHere: true })
                _known.Confirm(item.Id, item.Version, item.Uptime, facts.Digest);
        }

        Release(null);
        Clear();
    }

    /// <inheritdoc/>
    internal override void Fail(Exception failure)
    {
        _flusher.Close();
        if (_taken.Count == 0)
            Take(); // It failed before anything was taken; those who wait must not wait for ever.
        Release(failure);
        Clear();
    }

    private void Take()
    {
        lock (_gate)
            (_taken, _waiting) = (_waiting, _taken);
    }

    private void Clear()
    {
        _taken.Clear();
        _unchanged.Clear();
        _changed.Clear();
    }

    /// <summary>
    /// Tells apart what each needs. The first facts of a host go to its rows at once: nothing of it can wait in the
    /// log.
    /// </summary>
    private void Sort(Change change)
    {
        foreach (var item in _taken)
        {
            if (item.Facts is not { } facts)
            {
                item.IsHere = _known.Touch(item.Id, item.Local, item.Uptime);
                if (item.IsHere)
                    _unchanged.Add(item);
                continue;
            }

            item.IsHere = _known.TryInvalidate(item.Id, item.Local, item.Uptime, out var version, out var was);
            (item.Version, facts.Was) = (version, was);
            if (item.IsHere && was < 0)
                item.IsHere = ServerRecords.Write(change, _limit, item.Local, facts);
            else if (item.IsHere)
                _changed.Add(item);
        }
    }

    private void WriteRows(Change change)
    {
        foreach (var item in _changed)
            item.IsHere = ServerRecords.Write(change, _limit, item.Local, item.Facts!);
        if (_unchanged.Count == 0)
            return;
        var (at, stamp) = (UnixMicros.Of(change.Now), change.NextStamp());
        foreach (var item in _unchanged)
            CheckInFlusher.WriteRow(change, new LoggedCheckIn(item.Local, at, item.Uptime, stamp));
    }

    /// <summary>
    /// Lets the calls go on, some one after another on a thread each: to wake a thread for every one costs more than
    /// its work.
    /// </summary>
    private void Release(Exception? failure)
    {
        const int Together = 16;
        for (var first = 0; first < _taken.Count; first += Together)
        {
            var some = _taken.GetRange(first, Math.Min(Together, _taken.Count - first));
            ThreadPool.UnsafeQueueUserWorkItem(
                state => state.some.ForEach(item => item.Finish(state.failure)),
                (some, failure),
                preferLocal: false
            );
        }
    }
}
