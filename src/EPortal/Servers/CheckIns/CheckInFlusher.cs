using EPortal.Data;

namespace EPortal.Servers.CheckIns;

/// <summary>
/// Moves check-ins from the log into the servers' rows. Times go round all servers in their order, so that rows beside
/// each other are written at once and no commit writes much; facts go in the order in which they came. Under load most
/// of the time goes to those who call, and lists are behind. For the writer's thread alone, but where it says
/// otherwise.
/// </summary>
internal sealed class CheckInFlusher(HostChangeLimiter limit, TimeProvider time)
{
    /// <summary>So many times may wait; the more wait, the more of them lie beside each other.</summary>
    private const int MaxTimes = 100_000;

    /// <summary>
    /// So many hosts' facts may wait before as many are moved as come: about every host of a large fleet once.
    /// </summary>
    private const long MaxFacts = 1_000_000;

    /// <summary>Servers of one segment, as a power of two: some dozens of pages.</summary>
    private const int SegmentBits = 11;

    private const int TimesWhenIdle = 2000;
    private const int FactsRowsWhenIdle = 4;

    /// <summary>Facts get this part of the writer's time under load: one in so many.</summary>
    private const int Share = 16;

    private readonly TimeShare _share = new(Share, time);
    private readonly List<List<LoggedCheckIn>> _segments = [];
    private bool _open;
    private bool _hasTimes;
    private int _times;
    private int _next;
    private long _last;
    private long _roundFrom;
    private long _facts;
    private long _factsUpTo;

    /// <summary>Whether nothing waits, as far as is known.</summary>
    public bool IsEmpty => _open && _times == 0 && !_hasTimes && Behind == 0;

    /// <summary>Hosts whose facts wait; any thread may ask.</summary>
    public long Behind => Interlocked.Read(ref _facts);

    /// <summary>Reads what waits, if that is not known.</summary>
    public void Open(Session session)
    {
        if (_open)
            return;
        CheckInLog.ReadTimes(session, AddTime);
        _facts = CheckInLog.CountFacts(session);
        _open = true;
    }

    /// <summary>Forgets what waits: what was done last may not have been kept.</summary>
    public void Close()
    {
        _segments.Clear();
        (_open, _hasTimes, _times, _next, _last, _roundFrom, _facts, _factsUpTo) = (false, false, 0, 0, 0, 0, 0, 0);
    }

    /// <summary>Writes check-ins to the log, to be moved from there.</summary>
    /// <param name="change">The commit.</param>
    /// <param name="checkIns">All of them.</param>
    /// <param name="withFacts">Those that say something new.</param>
    public void Append(Change change, IReadOnlyList<PendingCheckIn> checkIns, IReadOnlyList<PendingCheckIn> withFacts)
    {
        CheckInLog.AppendTimes(change, checkIns, AddTime);
        CheckInLog.AppendFacts(change, withFacts);
        _facts += withFacts.Count;
    }

    /// <summary>Moves some.</summary>
    /// <param name="change">The commit.</param>
    /// <param name="times">How many times have come with it.</param>
    /// <param name="facts">How many facts have come with it.</param>
    public void Run(Change change, int times, int facts)
    {
        if (!change.IsUnderLoad)
        {
            MoveTimes(change, TimesWhenIdle);
            MoveFacts(change, FactsRowsWhenIdle);
            return;
        }

        MoveTimes(change, Math.Min(_times - MaxTimes, 4 * times));
        if (_facts > MaxFacts)
            MoveFacts(change, (facts / CheckInLog.FactsPerRow) + 1);
        else if (_facts > 0)
            _share.Run(() => MoveFacts(change, 1));
    }

    /// <summary>Writes a check-in to its server's row, unless that has a later one or is gone.</summary>
    /// <param name="change">The commit.</param>
    /// <param name="checkIn">The check-in.</param>
    /// <param name="changed">The stamp of this commit, where the check-in has an older one.</param>
    public static void WriteRow(Change change, LoggedCheckIn checkIn, long? changed = null) =>
        change.Session.Execute(
            "UPDATE server_checkin SET at = @at, uptime = @uptime, stamp = @stamp, origin = @origin, changed = @changed WHERE server = @server AND stamp < @stamp",
            ("@at", checkIn.At),
            ("@uptime", checkIn.Uptime),
            ("@stamp", checkIn.Stamp),
            ("@origin", change.Node.Origin),
            ("@changed", changed),
            ("@server", checkIn.Server)
        );

    private void AddTime(LoggedCheckIn checkIn)
    {
        var segment = (int)(checkIn.Server >> SegmentBits);
        while (_segments.Count <= segment)
            _segments.Add([]);
        _segments[segment].Add(checkIn);
        (_times, _last, _hasTimes) = (_times + 1, checkIn.Stamp, true);
    }

    private void MoveTimes(Change change, int most)
    {
        var budget = most;
        while (budget > 0 && _times > 0)
        {
            budget -= MoveSegment(change, _segments[_next]);
            if (++_next < _segments.Count)
                continue;
            // Once round: all that was in the log when the round began is in the rows.
            _next = 0;
            CheckInLog.DeleteTimes(change, _roundFrom);
            _roundFrom = _last;
        }

        if (_times > 0 || !_hasTimes)
            return;
        CheckInLog.DeleteTimes(change, _last);
        _hasTimes = false;
    }

    private int MoveSegment(Change change, List<LoggedCheckIn> segment)
    {
        segment.Sort(
            static (one, other) =>
                one.Server != other.Server ? one.Server.CompareTo(other.Server) : one.Stamp.CompareTo(other.Stamp)
        );
        var now = segment.Count > 0 ? change.NextStamp() : 0;
        for (var n = 0; n < segment.Count; n++)
        {
            if (n + 1 == segment.Count || segment[n + 1].Server != segment[n].Server)
                WriteRow(change, segment[n], now);
        }

        var count = segment.Count;
        _times -= count;
        segment.Clear();
        return count;
    }

    private void MoveFacts(Change change, int rows)
    {
        for (var n = 0; n < rows && _facts > 0; n++)
        {
            if (CheckInLog.ReadFactsOrNull(change.Session, _factsUpTo) is not { } row)
            {
                _facts = 0; // Another process moved them.
                return;
            }

            foreach (var (server, facts) in row.Hosts)
                ServerRecords.WriteLogged(change, limit, server, facts, row);
            CheckInLog.DeleteFacts(change, row.Stamp);
            (_factsUpTo, _facts) = (row.Stamp, _facts - row.Hosts.Count);
        }
    }
}
