using EPortal.Data;

namespace EPortal.Servers.CheckIns;

/// <summary>
/// Takes check-ins from the log into the servers' rows, going round all servers in their order, so that what concerns rows
/// beside each other is written at once and no commit writes much. For the writer's thread alone.
/// </summary>
internal sealed class CheckInFlusher
{
    /// <summary>So many may wait; the more wait, the more of them lie beside each other.</summary>
    private const int Target = 100_000;

    /// <summary>Servers of one segment, as a power of two: some dozens of pages.</summary>
    private const int SegmentBits = 11;

    private const int RowsWhenIdle = 2000;

    private readonly List<List<LoggedCheckIn>> _segments = [];
    private bool _open;
    private bool _logged;
    private int _count;
    private int _next;
    private long _last;
    private long _sweptFrom;

    /// <summary>Whether nothing waits, as far as is known.</summary>
    public bool IsEmpty => _open && _count == 0 && !_logged;

    /// <summary>Reads what waits, if that is not known.</summary>
    public void Open(Session session)
    {
        if (_open)
            return;
        LoggedCheckIns.Read(session, Add);
        _open = true;
    }

    /// <summary>Forgets what waits: what was done last may not have been kept.</summary>
    public void Close()
    {
        _segments.Clear();
        (_open, _logged, _count, _next, _last, _sweptFrom) = (false, false, 0, 0, 0, 0);
    }

    /// <summary>Notes one that is in the log.</summary>
    public void Add(LoggedCheckIn checkIn)
    {
        var segment = (int)(checkIn.Server >> SegmentBits);
        while (_segments.Count <= segment)
            _segments.Add([]);
        _segments[segment].Add(checkIn);
        (_count, _last, _logged) = (_count + 1, checkIn.Stamp, true);
    }

    /// <summary>Takes some in: as many as came, once enough wait; more, when few wait for the commit.</summary>
    public void Some(Change change, int came, bool isIdle)
    {
        for (var budget = isIdle ? RowsWhenIdle : Math.Min(_count - Target, 4 * came); budget > 0 && _count > 0;)
        {
            budget -= Sweep(change, _segments[_next]);
            if (++_next < _segments.Count)
                continue;
            // Once round: all that was in the log when the round began is in the rows.
            _next = 0;
            Forget(change, _sweptFrom);
            _sweptFrom = _last;
        }

        if (_count > 0 || IsEmpty)
            return;
        Forget(change, _last);
        _logged = false;
    }

    /// <summary>Writes a check-in to its server's row, unless that has a later one or is gone.</summary>
    public static void WriteRow(Change change, LoggedCheckIn checkIn) => change.Session.Execute(
        "UPDATE server_checkin SET at = @at, uptime = @uptime, stamp = @stamp, origin = @origin WHERE server = @server AND stamp < @stamp",
        ("@at", checkIn.At), ("@uptime", checkIn.Uptime), ("@stamp", checkIn.Stamp), ("@origin", change.Node.Origin), ("@server", checkIn.Server));

    private int Sweep(Change change, List<LoggedCheckIn> segment)
    {
        segment.Sort(static (one, other) => one.Server != other.Server ? one.Server.CompareTo(other.Server) : one.Stamp.CompareTo(other.Stamp));
        for (var n = 0; n < segment.Count; n++)
        {
            if (n + 1 == segment.Count || segment[n + 1].Server != segment[n].Server)
                WriteRow(change, segment[n]);
        }

        var count = segment.Count;
        _count -= count;
        segment.Clear();
        return count;
    }

    private static void Forget(Change change, long upTo) =>
        change.Session.Execute("DELETE FROM checkin_log WHERE stamp <= @upTo", ("@upTo", upTo));
}
