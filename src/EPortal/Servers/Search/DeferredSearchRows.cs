using System.Diagnostics;
using EPortal.Data;
using EPortal.Servers.CheckIns;

namespace EPortal.Servers.Search;

/// <summary>
/// Makes the rows that lists are made of (<c>server_search</c>) afterwards when very many hosts register, because they cost more
/// than the registrations. The hosts without one are always the newest. For the writer's thread, but where it says otherwise.
/// </summary>
internal sealed class DeferredSearchRows : BatchedWrites
{
    /// <summary>Of the writer's time while others wait: one part of so many.</summary>
    private const int Share = 16;

    private const int AtOnce = 32;
    private const int RowsWhenIdle = 500;

    private readonly LoadDetector _pressure = new();
    private readonly ChangeLog _log;
    private long _behind;
    private volatile bool _maintains;
    private volatile bool _isBehind;
    private bool _done;
    private long _next;

    /// <summary>Joins the commits of a change log.</summary>
    public DeferredSearchRows(ChangeLog log)
    {
        _log = log;
        log.Join(this);
    }

    /// <summary>Hosts that are registered and not in lists, by the last look; from any thread.</summary>
    public long Behind
    {
        get => Volatile.Read(ref _behind);
        private set => Volatile.Write(ref _behind, value);
    }

    /// <summary>Makes what a killed server left, and from now on what is put off; from any thread of the process that serves.</summary>
    public void StartMaintenance()
    {
        _maintains = _isBehind = true;
        _log.Wake();
    }

    /// <summary>Says that a host is about to be registered by a change; if very many are, its row is made later.</summary>
    public void Expect(Change change)
    {
        if (!_maintains || !_pressure.Is(1))
            return;
        change.Session.Execute("UPDATE node SET search_later = 1 WHERE search_later = 0");
        (_isBehind, _done) = (true, false);
    }

    /// <inheritdoc/>
    internal override BatchedWork Work => _maintains && _isBehind ? BatchedWork.Idle : BatchedWork.None;

    /// <inheritdoc/>
    internal override void Write(Change change, int others)
    {
        var begun = Stopwatch.GetTimestamp();
        if (others > 0 && begun < _next)
            return;
        change.Session.Execute(
            """
            INSERT INTO server_searchless (local, key, hostname, ip, registered)
            SELECT local, key, hostname, ip, registered FROM server_searchless ORDER BY local LIMIT @rows
            """,
            ("@rows", others > 0 ? AtOnce : RowsWhenIdle));
        Behind = (long)change.Session.Scalar("SELECT coalesce((SELECT max(local) FROM server), 0) - coalesce((SELECT max(server) FROM server_search), 0)")!;
        _done = Behind <= 0;
        if (_done)
            change.Session.Execute("UPDATE node SET search_later = 0 WHERE search_later = 1");
        var now = Stopwatch.GetTimestamp();
        _next = now + ((now - begun) * (Share - 1));
    }

    /// <inheritdoc/>
    internal override void Acknowledge()
    {
        if (_done)
            _isBehind = false;
        _done = false;
    }

    /// <inheritdoc/>
    internal override void Fail(Exception failure) => _done = false;
}
