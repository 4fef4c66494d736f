using EPortal.Data;

namespace EPortal.Servers.CheckIns;

/// <summary>
/// Takes latest check-ins from another node: of each host the later one stays, and what it said is taken over with what
/// that changes in its history, as if it had called here.
/// </summary>
/// <param name="known">The hosts in memory, which have to look at the store again.</param>
/// <param name="limit">What a host may change.</param>
internal sealed class CheckInMerge(ServerCache known, HostChangeLimiter limit)
{
    /// <summary>Takes them; those of servers that are gone are left out.</summary>
    /// <returns>How many brought something.</returns>
    public int Take(Change change, IReadOnlyList<ReplicatedCheckIn> checkIns)
    {
        var news = 0;
        foreach (var checkIn in checkIns)
        {
            if (LocalOrNull(change.Session, checkIn.Server) is { } host && Take(change, host, checkIn))
                news++;
        }

        return news;
    }

    private bool Take(Change change, (long Local, string ServerId) host, ReplicatedCheckIn checkIn)
    {
        var (time, facts) = StampsOf(change.Session, host.Local);
        var isLater = new Stamp(checkIn.Stamp, checkIn.Origin).IsAfter(time);
        var said = new Stamp(checkIn.FactsStamp, checkIn.FactsOrigin);
        var saysMore = checkIn.Facts is not null && said.IsAfter(facts);
        if (!isLater && !saysMore)
            return false;
        if (isLater)
            WriteTime(change, host.Local, checkIn);
        if (saysMore)
        {
            var pending = new PendingFacts(checkIn.Server, checkIn.Uptime, Digest: 0, checkIn.Facts!) { Was = -1 };
            ServerRecords.WriteMerged(change, limit, host.Local, pending, new Said(checkIn.At, said));
            known.Doubt(host.ServerId);
        }

        return true;
    }

    private static void WriteTime(Change change, long local, ReplicatedCheckIn checkIn)
    {
        change.Advance(checkIn.Stamp);
        change.Session.Execute(
            """
            INSERT INTO server_checkin (server, at, uptime, stamp, origin, changed)
            VALUES (@server, @at, @uptime, @stamp, @origin, @changed)
            ON CONFLICT (server) DO UPDATE SET at = excluded.at, uptime = excluded.uptime, stamp = excluded.stamp,
              origin = excluded.origin, changed = excluded.changed
            """,
            ("@server", local),
            ("@at", checkIn.At),
            ("@uptime", checkIn.Uptime),
            ("@stamp", checkIn.Stamp),
            ("@origin", checkIn.Origin),
            ("@changed", change.NextStamp())
        );
    }

    private static (Stamp Time, Stamp Facts) StampsOf(Session session, long local)
    {
        using var row = session.Query(
            "SELECT stamp, origin, facts_stamp, facts_origin FROM server_checkin WHERE server = @server",
            ("@server", local)
        );
        return row.Read()
            ? (new Stamp(row.GetInt64(0), row.GetString(1)), new Stamp(row.GetInt64(2), row.GetString(3)))
            : (Stamp.Never, Stamp.Never);
    }

    private static (long Local, string ServerId)? LocalOrNull(Session session, string id)
    {
        using var row = session.Query("SELECT local, server_id FROM server WHERE id = @id", ("@id", id));
        return row.Read() ? (row.GetInt64(0), row.GetString(1)) : null;
    }
}
