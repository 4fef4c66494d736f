using Dapper;
using EPortal.Data;

namespace EPortal.Operations;

/// <summary>Check-ins of some minutes, hours or days.</summary>
/// <param name="At">When that began.</param>
/// <param name="Answered">Those that were taken.</param>
/// <param name="Refused">Those of unknown servers, or with a wrong field.</param>
/// <param name="Failed">Those that the store could not take, answered or not.</param>
internal sealed record CheckInSpan(DateTimeOffset At, long Answered, long Refused, long Failed);

/// <summary>What of the history a chart shows.</summary>
/// <param name="Name">What addresses call it.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Length">How far it reaches back.</param>
/// <param name="Step">What one point stands for.</param>
/// <param name="Format">How a point's time is written.</param>
internal sealed record CheckInRange(string Name, string Title, TimeSpan Length, TimeSpan Step, string Format)
{
    /// <summary>All there are; the first is the default.</summary>
    public static readonly IReadOnlyList<CheckInRange> All =
    [
        new("24h", "24 hours", TimeSpan.FromHours(24), CheckInHistory.Step, "HH:mm"),
        new("7d", "7 days", TimeSpan.FromDays(7), TimeSpan.FromHours(1), "MM-dd HH:mm"),
        new("30d", "30 days", TimeSpan.FromDays(30), TimeSpan.FromHours(6), "MM-dd HH:mm"),
    ];

    /// <summary>The range of that name, else the default.</summary>
    public static CheckInRange Of(string? name) => All.FirstOrDefault(range => range.Name == name) ?? All[0];
}

/// <summary>
/// Check-ins over time, counted by ten minutes and kept for a quarter of a year. Helpers of transactions.
/// </summary>
internal static class CheckInHistory
{
    /// <summary>What one row counts.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How far back rows reach, as so many rows: longer than charts, so that <see cref="InactiveBefore"/> can pass over
    /// a long outage.
    /// </summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(92);

    /// <summary>Adds check-ins to the ten minutes that they came in, and forgets what is too old.</summary>
    public static void Add(Session session, CheckInSpan more)
    {
        session.Execute(
            """
            INSERT INTO checkin_history (at, answered, refused, failed) VALUES (@at, @answered, @refused, @failed)
            ON CONFLICT (at) DO UPDATE SET answered = answered + @answered, refused = refused + @refused, failed = failed + @failed
            """,
            ("@at", Begin(more.At, Step)),
            ("@answered", more.Answered),
            ("@refused", more.Refused),
            ("@failed", more.Failed)
        );
        // By their number and not by the clock: one that stands a year ahead for a minute would end them all.
        session.Execute(
            "DELETE FROM checkin_history WHERE at <= (SELECT at FROM checkin_history ORDER BY at DESC LIMIT 1 OFFSET @kept)",
            ("@kept", (long)(Kept / Step))
        );
    }

    /// <summary>A point for each step of the range, oldest first; where nothing came, a point of zeros.</summary>
    public static IReadOnlyList<CheckInSpan> Read(Session session, CheckInRange range, DateTimeOffset now)
    {
        var step = Length(range.Step);
        var points = (int)(range.Length / range.Step);
        var first = Begin(now, range.Step) - (step * (points - 1));
        var counted = session
            .Connection.Query<Row>(
                """
                SELECT at / @step * @step AS begun, sum(answered) AS answered, sum(refused) AS refused, sum(failed) AS failed
                FROM checkin_history WHERE at >= @first GROUP BY begun
                """,
                new { step, first }
            )
            .ToDictionary(row => row.Begun);
        return
        [
            .. from point in Enumerable.Range(0, points)
            let at = first + (step * point)
            let row = counted.GetValueOrDefault(at)
            select new CheckInSpan(UnixMicros.ToTime(at), row?.Answered ?? 0, row?.Refused ?? 0, row?.Failed ?? 0),
        ];
    }

    /// <summary>
    /// Before when a server must have checked in last to count as inactive for so many days. Only days (UTC) count on
    /// which the portal answered any server: while it was down, out of reach or had lost its clock nobody could call,
    /// and nobody was inactive.
    /// </summary>
    /// <returns>Null while there were not so many such days within <see cref="Kept"/>.</returns>
    public static DateTimeOffset? InactiveBefore(Session session, DateTimeOffset now, int days)
    {
        var day = Length(TimeSpan.FromDays(1));
        var first = (long?)
            session.Scalar(
                "SELECT DISTINCT at / @day FROM checkin_history WHERE answered > 0 AND at <= @now ORDER BY 1 DESC LIMIT 1 OFFSET @days",
                ("@day", day),
                ("@now", UnixMicros.Of(now)),
                ("@days", days)
            );
        return first is { } number ? UnixMicros.ToTime(number * day) : null;
    }

    private static long Begin(DateTimeOffset at, TimeSpan step) => UnixMicros.Of(at) / Length(step) * Length(step);

    private static long Length(TimeSpan step) => step.Ticks / TimeSpan.TicksPerMicrosecond;

    private sealed class Row
    {
        public long Begun { get; init; }
        public long Answered { get; init; }
        public long Refused { get; init; }
        public long Failed { get; init; }
    }
}
