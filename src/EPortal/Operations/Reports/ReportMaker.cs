using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;

namespace EPortal.Operations.Reports;

/// <summary>
/// Makes usage reports. It counts groups of servers; only how many are active takes one count over all check-ins, in
/// the database and beside its writer.
/// </summary>
internal sealed class ReportMaker(Database database, Offers offers, ReportOptions options, TimeProvider time)
{
    /// <summary>Makes the report with a number.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public UsageReport Make(long number) => database.Read(session => Make(session, number));

    private UsageReport Make(Session session, long number)
    {
        var now = time.GetUtcNow();
        var counts = ServerCensus
            .Take(session, offers, now)
            .Values.Aggregate(ServerCounts.None, (sum, one) => sum.Plus(one));
        return new UsageReport
        {
            Format = UsageReport.CurrentFormat,
            Instance = options.Instance,
            Number = number,
            Made = UnixMicros.ToTime(UnixMicros.Of(now)),
            Version = options.Version,
            Host = options.IsReduced ? null : Environment.MachineName,
            Feeds = (long)session.Scalar("SELECT count(*) FROM feed WHERE shadowed = 0")!,
            Keys = (long)session.Scalar("SELECT count(*) FROM key WHERE shadowed = 0")!,
            Servers = new ReportedServers(
                counts.Total,
                counts.CheckedIn,
                counts.UpToDate,
                counts.Outdated,
                counts.Unsupported,
                counts.Inactive
            ),
            Products = OfProducts(session),
            Distros = options.IsReduced ? [] : OfDistros(session),
            Followers = OfFollowers(session),
        };
    }

    private static List<ReportedProduct> OfProducts(Session session)
    {
        var servers = session
            .Connection.Query<(string Products, long Servers)>(
                $"SELECT k.products, sum(g.servers) FROM server_group g {VisibleKey.Join("g.key")} GROUP BY k.products"
            )
            .AsList();
        var patchsets = session
            .Connection.Query<(string Product, long Count)>(
                "SELECT p.product, count(*) FROM patchset_copy c JOIN patchset p ON p.id = c.patchset GROUP BY p.product"
            )
            .ToDictionary(row => row.Product, row => row.Count, StringComparer.Ordinal);
        return
        [
            .. Products.All.Select(product => new ReportedProduct(
                product.Token(),
                servers.Where(row => AllowedProducts.Contain(row.Products, product)).Sum(row => row.Servers),
                patchsets.GetValueOrDefault(product.Token())
            )),
        ];
    }

    /// <summary>What hosts say is cut and cleaned: a report is mailed.</summary>
    private static List<ReportedDistro> OfDistros(Session session) =>
        [
            .. session
                .Connection.Query<(string Distro, string Version, long Servers)>(
                    $"""
                    SELECT p.distro, p.distro_version, sum(g.servers) AS servers FROM server_group g
                    {VisibleKey.Join("g.key")} JOIN server_profile p ON p.id = g.profile
                    WHERE p.distro <> '' GROUP BY 1, 2 ORDER BY servers DESC, 1, 2 LIMIT @most
                    """,
                    new { most = UsageReport.MaxDistros }
                )
                .Select(row => new ReportedDistro(Clean(row.Distro), Clean(row.Version), row.Servers)),
        ];

    private static string Clean(string text) =>
        string.Concat((text.Length <= 64 ? text : text[..64]).Select(c => char.IsControl(c) ? ' ' : c));

    /// <summary>
    /// Portals behind this one, and those behind them, each once; portals may follow each other in a ring.
    /// </summary>
    private List<UsageReport> OfFollowers(Session session) =>
        [
            .. FollowerReports
                .List(session)
                .SelectMany(one => one.Report.Followers.Prepend(one.Report))
                .Where(report => report.Instance != options.Instance)
                .GroupBy(report => report.Instance, StringComparer.Ordinal)
                .Select(reports => reports.MaxBy(report => report.Made)!)
                .OrderBy(report => report.Instance, StringComparer.Ordinal)
                .Take(UsageReport.MaxFollowers)
                .Select(report =>
                    report with
                    {
                        Host = options.IsReduced ? null : report.Host,
                        Distros = [],
                        Followers = [],
                    }
                ),
        ];
}
