using EPortal.Data;

namespace EPortal.Servers;

/// <summary>
/// The check-ins that bring nothing new: those that wait together become one row of a log, so that a commit writes a page or
/// two and not a page a host. The log is taken into the servers' own rows little by little (<see cref="CheckInSweep"/>).
/// </summary>
internal sealed class CheckInTimes : SharedWrites
{
    /// <summary>Check-ins that may wait; more are turned away at once.</summary>
    public const int MaxWaiting = 4096;

    /// <summary>So few at once go straight to their rows.</summary>
    private const int Few = 16;

    private readonly Lock _gate = new();
    private readonly ChangeLog _log;
    private readonly KnownServers _known;
    private readonly CheckInSweep _sweep = new();
    private List<TimedCheckIn> _waiting = [];
    private List<TimedCheckIn> _taken = [];

    /// <summary>Joins the commits of a change log.</summary>
    public CheckInTimes(ChangeLog log, KnownServers known)
    {
        (_log, _known) = (log, known);
        log.Join(this);
    }

    /// <summary>Whether no more can be taken at present.</summary>
    public bool IsFull => Volatile.Read(ref _waiting).Count >= MaxWaiting;

    /// <summary>Records a check-in of a known host that changes nothing but time and uptime; false when the host was deleted meanwhile.</summary>
    public ValueTask<bool> Record(AgentId id, long local, long uptime)
    {
        var item = new TimedCheckIn(id, local, uptime);
        lock (_gate)
            _waiting.Add(item);
        _log.Wake();
        return item.Task;
    }

    /// <inheritdoc/>
    internal override SharedWork Work
    {
        get
        {
            lock (_gate)
            {
                if (_waiting.Count > 0)
                    return SharedWork.Waiting;
            }

            return _sweep.IsIdle ? SharedWork.None : SharedWork.Leisure;
        }
    }

    /// <inheritdoc/>
    internal override void Write(Change change)
    {
        Take();
        _known.CatchUp(change.Session, change.Node.Revision);
        _sweep.Open(change.Session);
        var here = 0;
        foreach (var item in _taken)
        {
            item.IsHere = _known.Touch(item.Id, item.Local, item.Uptime);
            here += item.IsHere ? 1 : 0;
        }

        if (here > Few || !_sweep.IsEmpty)
            Append(change, here);
        else if (here > 0)
            WriteRows(change);
        _sweep.Some(change, here, atLeisure: _taken.Count == 0);
    }

    /// <inheritdoc/>
    internal override void Acknowledge()
    {
        Release(null);
        _taken.Clear();
    }

    /// <inheritdoc/>
    internal override void Fail(Exception failure)
    {
        _sweep.Close();
        if (_taken.Count == 0)
            Take(); // It failed before anything was taken; those who wait must not wait for ever.
        Release(failure);
        _taken.Clear();
    }

    private void Take()
    {
        lock (_gate)
            (_taken, _waiting) = (_waiting, _taken);
    }

    private void WriteRows(Change change)
    {
        var (at, stamp) = (Micros.Of(change.Now), change.NextStamp());
        foreach (var item in _taken.Where(item => item.IsHere))
            CheckInSweep.WriteRow(change, new WaitingCheckIn(item.Local, at, item.Uptime, stamp));
    }

    private void Append(Change change, int count)
    {
        if (count == 0)
            return;
        var (at, stamp) = (Micros.Of(change.Now), change.NextStamp());
        var entries = new byte[count * WaitingCheckIns.Size];
        var rest = entries.AsSpan();
        foreach (var item in _taken)
        {
            if (!item.IsHere)
                continue;
            WaitingCheckIns.Write(rest, item.Local, item.Uptime);
            rest = rest[WaitingCheckIns.Size..];
            _sweep.Add(new WaitingCheckIn(item.Local, at, item.Uptime, stamp));
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
