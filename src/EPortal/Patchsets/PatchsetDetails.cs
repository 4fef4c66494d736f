using Dapper;
using EPortal.Data;

namespace EPortal.Patchsets;

/// <summary>A target that a patchset holds, as a page tells of it.</summary>
internal sealed record PatchsetTarget
{
    /// <summary>The target.</summary>
    public required string Target { get; init; }

    /// <summary>The level of the patch.</summary>
    public required long Level { get; init; }

    /// <summary>Distribution, such as <c>debian12</c>.</summary>
    public string? Distro { get; init; }

    /// <summary>Installed kernel.</summary>
    public string? Release { get; init; }

    /// <summary>Effective kernel.</summary>
    public string? Euname { get; init; }

    /// <summary>Architecture.</summary>
    public string? Machine { get; init; }
}

/// <summary>Details of one patchset beyond those in lists.</summary>
/// <param name="Summary">One line.</param>
/// <param name="Changelog">Markdown, of its maker.</param>
/// <param name="ArchiveSize">Bytes of its archive, where that is here.</param>
/// <param name="Cves">Ids of the vulnerabilities that any of its patches closes, newest first.</param>
/// <param name="TargetCount">How many targets it holds.</param>
/// <param name="Targets">Some of them.</param>
internal sealed record PatchsetDetails(
    string Summary,
    string Changelog,
    long? ArchiveSize,
    IReadOnlyList<string> Cves,
    long TargetCount,
    IReadOnlyList<PatchsetTarget> Targets
)
{
    /// <summary>Reads them; for a patchset that is not here there are few.</summary>
    public static PatchsetDetails Read(Session session, Patchset patchset, long offset, int limit)
    {
        var of = new
        {
            patchset.Id,
            offset,
            limit,
        };
        var (summary, changelog, size) = session.Connection.QueryFirstOrDefault<(string?, string?, long?)>(
            "SELECT p.summary, p.changelog, c.archive_size FROM patchset p LEFT JOIN patchset_copy c ON c.patchset = p.id WHERE p.id = @Id",
            of
        );
        // Most targets close the same ones.
        var cves = session
            .Connection.Query<string>(
                "SELECT DISTINCT cves FROM patchset_target WHERE patchset = @Id AND cves <> ''",
                of
            )
            .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(YearOf, StringComparer.Ordinal)
            .ThenByDescending(cve => cve.Length)
            .ThenByDescending(cve => cve, StringComparer.Ordinal);
        return new PatchsetDetails(
            summary ?? "",
            changelog ?? "",
            size,
            [.. cves],
            CountTargets(session, patchset),
            session
                .Connection.Query<PatchsetTarget>(
                    """
                    SELECT target, level, distro, release, euname, machine FROM patchset_target WHERE patchset = @Id
                    ORDER BY distro, release, target LIMIT @limit OFFSET @offset
                    """,
                    of
                )
                .AsList()
        );
    }

    /// <summary>How many targets a patchset holds.</summary>
    public static long CountTargets(Session session, Patchset patchset) =>
        session.Connection.ExecuteScalar<long>("SELECT count(*) FROM patchset_target WHERE patchset = @Id", patchset);

    /// <summary>For people: a target by one of its patches; null for one that no patchset here holds.</summary>
    public static PatchsetTarget? TargetOrNull(Session session, string target) =>
        session.Connection.QueryFirstOrDefault<PatchsetTarget>(
            "SELECT target, level, distro, release, euname, machine FROM patchset_target WHERE target = @target LIMIT 1",
            new { target }
        );

    private static string YearOf(string cve) => cve.Length > 8 ? cve[..8] : cve;
}
