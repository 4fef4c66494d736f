using System.Text;
using Dapper;
using EPortal.Data;

namespace EPortal.Operations.Reports;

/// <summary>The last report of a portal that has this one as its patch source.</summary>
internal sealed record FollowerReport(DateTimeOffset Received, UsageReport Report);

/// <summary>Reports of other portals.</summary>
internal static class FollowerReports
{
    /// <summary>How long a portal is remembered that sends none any more.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(92);

    /// <summary>Takes one, in place of the last of the same portal.</summary>
    /// <exception cref="RefusedException">There are too many portals.</exception>
    public static bool Put(Change change, UsageReport report)
    {
        var now = UnixMicros.Of(change.Now);
        var session = change.Session;
        session.Execute(
            "DELETE FROM follower_report WHERE received < @old",
            ("@old", now - (Kept.Ticks / TimeSpan.TicksPerMicrosecond))
        );
        var others = (long)
            session.Scalar(
                "SELECT count(*) FROM follower_report WHERE instance <> @instance",
                ("@instance", report.Instance)
            )!;
        if (others >= UsageReport.MaxFollowers)
        {
            throw new RefusedException(
                Refusal.LimitReached,
                $"this portal takes reports of at most {UsageReport.MaxFollowers} portals"
            );
        }

        session.Execute(
            """
            INSERT INTO follower_report (instance, received, content) VALUES (@instance, @received, @content)
            ON CONFLICT (instance) DO UPDATE SET received = excluded.received, content = excluded.content
            """,
            ("@instance", report.Instance),
            ("@received", now),
            ("@content", Encoding.UTF8.GetString(report.ToJson()))
        );
        return true;
    }

    /// <summary>All there are, by instance.</summary>
    public static IReadOnlyList<FollowerReport> List(Session session) =>
        [
            .. session
                .Connection.Query<(long Received, string Content)>(
                    "SELECT received, content FROM follower_report ORDER BY instance"
                )
                .Select(row => new FollowerReport(
                    UnixMicros.ToTime(row.Received),
                    UsageReport.Read(Encoding.UTF8.GetBytes(row.Content))
                )),
        ];
}
