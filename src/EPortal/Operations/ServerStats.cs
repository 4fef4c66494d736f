using Dapper;
using EPortal.Data;

namespace EPortal.Operations;

/// <summary>How many servers there were of each kind at a moment.</summary>
internal sealed record ServerStatsPoint(
    DateTimeOffset At,
    long UpToDate,
    long Outdated,
    long Unsupported,
    long Inactive
);

/// <summary>Counts of servers over time, by ten minutes and for a quarter of a year. Helpers of transactions.</summary>
internal static class ServerStats
{
    /// <summary>
    /// Adds the counts of a moment, in place of others of the same ten minutes; forgets what is too old.
    /// </summary>
    public static bool Add(Session session, DateTimeOffset at, ServerCounts counts)
    {
        session.Execute(
            """
            INSERT INTO server_stats (at, up_to_date, outdated, unsupported, inactive)
            VALUES (@at, @upToDate, @outdated, @unsupported, @inactive)
            ON CONFLICT (at) DO UPDATE SET up_to_date = excluded.up_to_date, outdated = excluded.outdated,
            unsupported = excluded.unsupported, inactive = excluded.inactive
            """,
            ("@at", UnixMicros.Of(at) / Length(CheckInHistory.Step) * Length(CheckInHistory.Step)),
            ("@upToDate", counts.UpToDate),
            ("@outdated", counts.Outdated),
            ("@unsupported", counts.Unsupported),
            ("@inactive", counts.Inactive)
        );
        // By their number and not by the clock: one that stands a year ahead for a minute would end them all.
        session.Execute(
            "DELETE FROM server_stats WHERE at <= (SELECT at FROM server_stats ORDER BY at DESC LIMIT 1 OFFSET @kept)",
            ("@kept", (long)(CheckInHistory.Kept / CheckInHistory.Step))
        );
        return true;
    }

    /// <summary>The last counts of each step of a range, oldest first; no point where nothing was counted.</summary>
    public static IReadOnlyList<ServerStatsPoint> Read(Session session, CheckInRange range, DateTimeOffset now) =>
        [
            .. session
                .Connection.Query<(long At, long UpToDate, long Outdated, long Unsupported, long Inactive)>(
                    """
                    SELECT at, up_to_date, outdated, unsupported, inactive FROM server_stats
                    WHERE at IN (SELECT max(at) FROM server_stats WHERE at > @first AND at <= @now GROUP BY at / @step) ORDER BY at
                    """,
                    new
                    {
                        first = UnixMicros.Of(now - range.Length),
                        now = UnixMicros.Of(now),
                        step = Length(range.Step),
                    }
                )
                .Select(row => new ServerStatsPoint(
                    UnixMicros.ToTime(row.At),
                    row.UpToDate,
                    row.Outdated,
                    row.Unsupported,
                    row.Inactive
                )),
        ];

    private static long Length(TimeSpan step) => step.Ticks / TimeSpan.TicksPerMicrosecond;
}
