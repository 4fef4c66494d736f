using EPortal.Data;

namespace EPortal.Servers.CheckIns;

/// <summary>The latest check-in of a host as it travels to another node.</summary>
internal sealed record ReplicatedCheckIn
{
    /// <summary>Entity id of the server.</summary>
    public required string Server { get; init; }

    /// <summary>When it called, in Unix microseconds.</summary>
    public required long At { get; init; }

    /// <summary>Seconds since it booted.</summary>
    public required long Uptime { get; init; }

    /// <summary>Stamp of the check-in.</summary>
    public required long Stamp { get; init; }

    /// <summary>The node that took it.</summary>
    public required string Origin { get; init; }

    /// <summary>Stamp of the check-in that last said something new.</summary>
    public long FactsStamp { get; init; }

    /// <summary>The node that took that one.</summary>
    public string FactsOrigin { get; init; } = "";

    /// <summary>What it said; null where the other node was told that before.</summary>
    public ServerFacts? Facts { get; init; }
}

/// <summary>Latest check-ins that another node has not seen.</summary>
/// <param name="CheckIns">Oldest change first.</param>
/// <param name="Cursor">Up to where these go, for the next call.</param>
/// <param name="HasMore">Whether there are more.</param>
internal sealed record CheckInPage(IReadOnlyList<ReplicatedCheckIn> CheckIns, long Cursor, bool HasMore);

/// <summary>
/// Latest check-ins for other nodes. They are no operations: of a host only the last one counts, so they are read from
/// the hosts' rows, past a cursor in this node's own stamps. Rows that came from a peer get a stamp of this node, so
/// that they go on to others; a row that brought nothing new gets none, so that rings become quiet.
/// </summary>
internal static class CheckInExchange
{
    /// <summary>Reads them by one look through the narrow table of times.</summary>
    /// <param name="session">A snapshot.</param>
    /// <param name="cursor">Where the last page ended; 0 for the beginning.</param>
    /// <param name="most">About so many; those of one commit stay together.</param>
    public static CheckInPage Read(Session session, long cursor, int most)
    {
        var changed = Changed(session, cursor);
        changed.Sort(static (one, other) => one.Changed.CompareTo(other.Changed));
        var end = Math.Min(most, changed.Count);
        while (end > 0 && end < changed.Count && changed[end].Changed == changed[end - 1].Changed)
            end++;
        var page = new List<ReplicatedCheckIn>(end);
        for (var n = 0; n < end; n++)
        {
            if (RowOrNull(session, changed[n].Server, cursor) is { } row)
                page.Add(row);
        }

        var hasMore = end < changed.Count;
        return new CheckInPage(page, hasMore ? changed[end - 1].Changed : Node.Read(session).Stamp, hasMore);
    }

    private static List<(long Changed, long Server)> Changed(Session session, long cursor)
    {
        var changed = new List<(long, long)>();
        using var row = session.Query(
            """
            SELECT server, coalesce(changed, stamp), facts_changed FROM server_checkin
            WHERE coalesce(changed, stamp) > @cursor OR facts_changed > @cursor
            """,
            ("@cursor", cursor)
        );
        while (row.Read())
            changed.Add((Next(cursor, row.GetInt64(1), row.GetInt64(2)), row.GetInt64(0)));
        return changed;
    }

    /// <summary>
    /// The first stamp of a row past the cursor. A host that called again since it said something new has two, and
    /// comes with the first of them: past it what it said would count as told.
    /// </summary>
    private static long Next(long cursor, long time, long facts) =>
        time <= cursor ? facts
        : facts <= cursor ? time
        : Math.Min(time, facts);

    private static ReplicatedCheckIn? RowOrNull(Session session, long server, long cursor)
    {
        using var row = session.Query(
            """
            SELECT s.id, c.at, c.uptime, c.stamp, c.origin, c.facts_stamp, c.facts_origin, c.facts_changed
            FROM server_checkin c JOIN server s ON s.local = c.server WHERE c.server = @server
            """,
            ("@server", server)
        );
        if (!row.Read())
            return null;
        return new ReplicatedCheckIn
        {
            Server = row.GetString(0),
            At = row.GetInt64(1),
            Uptime = row.GetInt64(2),
            Stamp = row.GetInt64(3),
            Origin = row.GetString(4),
            FactsStamp = row.GetInt64(5),
            FactsOrigin = row.GetString(6),
            Facts = row.GetInt64(7) > cursor ? ServerRecords.Read(session, server)?.Facts : null,
        };
    }
}
