using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>How many servers run patches of a patchset, on each feed.</summary>
/// <param name="counts">Servers by patchset and feed id; none for those that run nothing of it.</param>
internal sealed class UsageTable(IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> counts)
{
    /// <summary>Servers on all feeds.</summary>
    public long Total(string patchset) => counts.TryGetValue(patchset, out var feeds) ? feeds.Values.Sum() : 0;

    /// <summary>Servers on one feed.</summary>
    public long On(string patchset, string feedId) =>
        counts.TryGetValue(patchset, out var feeds) ? feeds.GetValueOrDefault(feedId) : 0;
}

/// <summary>
/// Which kernel patchsets servers run: that of the newest one that holds (kernel id, level). The map from those pairs
/// is kept until the patchsets that are here change. Of other products, what hosts run is not told.
/// </summary>
internal sealed class PatchsetUsage(PatchsetLevels levels)
{
    private readonly Lock _renewing = new();
    private volatile Holders? _holders;

    /// <summary>Servers a patchset and feed, of all keys in force.</summary>
    public UsageTable Count(Session session, IReadOnlyList<FeedGroup> groups)
    {
        var holders = HoldersAt(session);
        var counts = new Dictionary<string, Dictionary<string, long>>(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            if (!holders.Newest.TryGetValue((group.KernelId, group.PatchLevel), out var patchset))
                continue;
            if (!counts.TryGetValue(patchset, out var feeds))
                counts.Add(patchset, feeds = new Dictionary<string, long>(StringComparer.Ordinal));
            feeds[group.FeedId] = feeds.GetValueOrDefault(group.FeedId) + group.Servers;
        }

        return new UsageTable(
            counts.ToDictionary(
                one => one.Key,
                one => (IReadOnlyDictionary<string, long>)one.Value,
                StringComparer.Ordinal
            )
        );
    }

    /// <summary>
    /// The pairs of kernel id and level that servers running <paramref name="patchset"/> report; none for one that is
    /// not here.
    /// </summary>
    public IReadOnlyList<(string KernelId, long Level)> PairsOf(Session session, string patchset) =>
        [.. HoldersAt(session).Newest.Where(pair => pair.Value == patchset).Select(pair => pair.Key)];

    /// <summary>The patchset that a server runs which reports this pair; null where none here holds it.</summary>
    public string? PatchsetOfOrNull(Session session, string kernelId, long level) =>
        HoldersAt(session).Newest.GetValueOrDefault((kernelId, level));

    private Holders HoldersAt(Session session)
    {
        var revision = Node.Read(session).OfferRevision;
        if (_holders is { } current && current.Revision == revision)
            return current;
        lock (_renewing)
        {
            if (_holders is { } renewed && renewed.Revision == revision)
                return renewed;
            var holders = Read(session, revision);
            if (_holders is null || _holders.Revision < revision)
                _holders = holders;
            return holders;
        }
    }

    /// <summary>The revision moves with the feeds too; the map is rebuilt only when the patchsets change.</summary>
    private Holders Read(Session session, long revision)
    {
        var here = session
            .Connection.Query<(string Id, string Name, string Product)>(
                """
                SELECT p.id, p.name, p.product FROM patchset p JOIN patchset_copy c ON c.patchset = p.id
                WHERE p.shadowed = 0 ORDER BY p.released, p.name
                """
            )
            .AsList();
        levels.Keep(here.Select(one => one.Id).ToHashSet(StringComparer.Ordinal));
        var patchsets = here.Where(one => one.Product == Product.Kernel.Token())
            .Select(one => (one.Id, one.Name))
            .ToList();
        if (_holders is { } known && known.Patchsets.SequenceEqual(patchsets))
            return known with { Revision = revision };
        var newest = new Dictionary<(string, long), string>();
        foreach (var (id, name) in patchsets)
        {
            foreach (var (target, level) in levels.Of(session, id))
                newest[(target, level)] = name;
        }

        return new Holders(revision, patchsets, newest);
    }

    private sealed record Holders(
        long Revision,
        IReadOnlyList<(string Id, string Name)> Patchsets,
        IReadOnlyDictionary<(string KernelId, long Level), string> Newest
    );
}
