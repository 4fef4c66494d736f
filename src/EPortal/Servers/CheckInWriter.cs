using EPortal.Data;

namespace EPortal.Servers;

/// <summary>
/// Writes check-ins of known hosts: mostly straight to the rows of their servers. When many come, those that wait together become a
/// row or two of a log, so that a commit writes a few pages and not some for each host. The logs are taken into the rows little
/// by little (<see cref="CheckInFlusher"/>, <see cref="FactsLog"/>).
/// </summary>
internal sealed class CheckInWriter : BatchedWrites
{
    /// <summary>Check-ins that may wait; more are turned away at once.</summary>
    public const int MaxWaiting = 1024;

    private readonly Lock _gate = new();
    private readonly ChangeLog _log;
    private readonly ServerCache _known;
    private readonly HostChangeLimiter _limit;
    private readonly CheckInFlusher _sweep = new();
    private readonly FactsLog _facts;
    private readonly LoadDetector _pressure = new();
    private readonly List<PendingCheckIn> _timed = [];
    private readonly List<PendingCheckIn> _said = [];
    private List<PendingCheckIn> _waiting = [];
    private List<PendingCheckIn> _taken = [];
    private volatile bool _maintains;
    private volatile bool _pressed;

    /// <summary>Joins the commits of a change log.</summary>
    public CheckInWriter(ChangeLog log, ServerCache known, HostChangeLimiter limit)
    {
        (_log, _known, _limit, _facts) = (log, known, limit, new FactsLog(limit));
        log.Join(this);
    }

    /// <summary>Whether no more can be taken at present.</summary>
    public bool IsFull => Volatile.Read(ref _waiting).Count >= MaxWaiting;

    /// <summary>Hosts whose latest words are on disk and not yet in lists.</summary>
    public long Behind => _facts.Count;

    /// <summary>Takes in what a killed server left in the logs, and from now on when idle; for the process that serves.</summary>
    public void StartMaintenance()
    {
        _maintains = true;
        _log.Wake();
    }

    /// <summary>
    /// Records a check-in of a host that <see cref="ServerCache"/> has; done when it is on disk, false when the host was deleted
    /// meanwhile.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="local">This node's number of it.</param>
    /// <param name="uptime">Seconds since it booted.</param>
    /// <param name="said">What it says that may be new; null when only time and uptime are.</param>
    public ValueTask<bool> Record(PackedServerId id, long local, long uptime, PendingFacts? said = null)
    {
        if (_pressed)
            _ = said?.Json;
        var item = new PendingCheckIn(id, local, uptime, said);
        lock (_gate)
            _waiting.Add(item);
        _log.Wake();
        return item.Task;
    }

    /// <inheritdoc/>
    internal override BatchedWork Work
    {
        get
        {
            lock (_gate)
            {
                if (_waiting.Count > 0)
                    return BatchedWork.Waiting;
            }

            return _maintains && !(_sweep.IsEmpty && _facts.IsEmpty) ? BatchedWork.Idle : BatchedWork.None;
        }
    }

    /// <inheritdoc/>
    internal override void Write(Change change, int others)
    {
        Take();
        _known.CatchUp(change.Session, change.Node.Revision);
        _sweep.Open(change.Session);
        _facts.Open(change.Session);
        Sort(change);
        var pressed = _pressed = _pressure.Is(_taken.Count + others);
        if (pressed || !_facts.IsEmpty)
        {
            _facts.Append(change, _said);
            _timed.AddRange(_said);
        }
        else
        {
            _said.ForEach(item => item.IsHere = ServerRecords.Write(change, _limit, item.Local, item.Said!));
        }

        WriteTimes(change, pressed);
        _sweep.Some(change, _timed.Count, isIdle: !pressed);
        _facts.Some(change, _said.Count, pressed);
    }

    /// <inheritdoc/>
    internal override void Acknowledge()
    {
        foreach (var item in _taken)
        {
            if (item is { Said: { } said, IsHere: true })
                _known.Confirm(item.Id, item.Version, item.Uptime, said.Digest);
        }

        Release(null);
        Clear();
    }

    /// <inheritdoc/>
    internal override void Fail(Exception failure)
    {
        _sweep.Close();
        _facts.Close();
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
        _timed.Clear();
        _said.Clear();
    }

    /// <summary>Tells apart what each needs. The first words of a host go to its rows at once: nothing of it can wait in a log.</summary>
    private void Sort(Change change)
    {
        foreach (var item in _taken)
        {
            if (item.Said is not { } said)
            {
                item.IsHere = _known.Touch(item.Id, item.Local, item.Uptime);
                if (item.IsHere)
                    _timed.Add(item);
                continue;
            }

            item.IsHere = _known.TryInvalidate(item.Id, item.Local, item.Uptime, out var version, out var was);
            (item.Version, said.Was) = (version, was);
            if (item.IsHere && was < 0)
                item.IsHere = ServerRecords.Write(change, _limit, item.Local, said);
            else if (item.IsHere)
                _said.Add(item);
        }
    }

    private void WriteTimes(Change change, bool pressed)
    {
        if (_timed.Count == 0)
            return;
        var (at, stamp) = (UnixMicros.Of(change.Now), change.NextStamp());
        if (!pressed && _sweep.IsEmpty)
        {
            foreach (var item in _timed)
                CheckInFlusher.WriteRow(change, new LoggedCheckIn(item.Local, at, item.Uptime, stamp));
            return;
        }

        var entries = new byte[_timed.Count * LoggedCheckIns.Size];
        var rest = entries.AsSpan();
        foreach (var item in _timed)
        {
            LoggedCheckIns.Write(rest, item.Local, item.Uptime);
            rest = rest[LoggedCheckIns.Size..];
            _sweep.Add(new LoggedCheckIn(item.Local, at, item.Uptime, stamp));
        }

        change.Session.Execute(
            "INSERT INTO checkin_log (stamp, at, entries) VALUES (@stamp, @at, @entries)",
            ("@stamp", stamp), ("@at", at), ("@entries", entries));
    }

    /// <summary>Lets the calls go on, some one after another on a thread each: to wake a thread for every one costs more than its work.</summary>
    private void Release(Exception? failure)
    {
        const int Together = 16;
        for (var first = 0; first < _taken.Count; first += Together)
        {
            var some = _taken.GetRange(first, Math.Min(Together, _taken.Count - first));
            ThreadPool.UnsafeQueueUserWorkItem(state => state.some.ForEach(item => item.Finish(state.failure)), (some, failure), preferLocal: false);
        }
    }
}
