using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>What a server runs and what it could run.</summary>
/// <param name="Runs">The patchset it runs; null when none here holds its kernel at its level.</param>
/// <param name="Offered">What its feed offers; null for nothing.</param>
/// <param name="Closed">Vulnerabilities that are closed by what it runs.</param>
/// <param name="Open">Vulnerabilities that what it is offered would close besides.</param>
internal sealed record ServerPatches(
    string? Runs,
    Offer? Offered,
    IReadOnlyList<string> Closed,
    IReadOnlyList<string> Open
)
{
    /// <summary>Looks it up.</summary>
    public static ServerPatches Read(Session session, Server server, OfferTable offers, PatchsetUsage usage)
    {
        var facts = server.Facts;
        var key = GroupKey.Read(session, server.Key, feedName: null).Values.FirstOrDefault();
        var offered =
            key is null || !key.AllowsKernels ? null : offers.FindOrNull(key.FeedId, Product.Kernel, facts.KernelId);
        var runs = facts.PatchLevel == 0 ? null : usage.PatchsetOfOrNull(session, facts.KernelId, facts.PatchLevel);
        var levels = LevelsOf(session, facts.KernelId);
        var closed = CvesOf(levels.Where(one => one.Level <= facts.PatchLevel));
        var open = CvesOf(levels.Where(one => offered is not null && one.Level <= offered.Level))
            .Except(closed, StringComparer.Ordinal);
        return new ServerPatches(runs, offered, closed, [.. open]);
    }

    /// <summary>
    /// All levels there are for a kernel; patches are cumulative, so each closes what those below it close.
    /// </summary>
    private static List<(long Level, string Cves)> LevelsOf(Session session, string kernelId) =>
        session
            .Connection.Query<(long, string)>(
                """
                SELECT DISTINCT t.level, t.cves FROM patchset_target t JOIN patchset p ON p.id = t.patchset AND p.shadowed = 0
                WHERE t.product = @product AND t.target = @kernelId
                """,
                new { product = Product.Kernel.Token(), kernelId }
            )
            .AsList();

    private static List<string> CvesOf(IEnumerable<(long Level, string Cves)> levels) =>
        [
            .. levels
                .SelectMany(one => one.Cves.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Distinct(StringComparer.Ordinal)
                .OrderDescending(StringComparer.Ordinal),
        ];
}
