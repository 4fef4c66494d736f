using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Servers;
using EPortal.Servers.Search;
using EPortal.WebConsole;

namespace EPortal.Feeds;

/// <summary>A patchset on one feed.</summary>
/// <param name="Feed">The feed.</param>
/// <param name="Placement">Its state there.</param>
/// <param name="Servers">Servers of the feed that run it; null if not known.</param>
internal sealed record FeedCell(Feed Feed, Placement Placement, long? Servers);

/// <summary>A patchset on all feeds.</summary>
/// <param name="Patchset">The patchset.</param>
/// <param name="Servers">Servers that run it; null if not known.</param>
/// <param name="Cells">Its state on each feed.</param>
internal sealed record PatchsetLineModel(Patchset Patchset, long? Servers, IReadOnlyList<FeedCell> Cells)
{
    /// <summary>
    /// What servers run; null for products other than kernels, because hosts do not report which of those patches they
    /// run.
    /// </summary>
    public static IReadOnlyList<FeedGroup>? GroupsOrNull(Session session, Product product) =>
        product == Product.Kernel ? ServerGroups.ByFeed(session) : null;

    /// <summary>Patchsets of a product on all feeds, oldest first.</summary>
    /// <param name="session">The snapshot.</param>
    /// <param name="usage">What servers run.</param>
    /// <param name="product">The product.</param>
    /// <param name="groups">What servers run; null if not known.</param>
    /// <param name="name">Only the one of this name; null for all.</param>
    public static IReadOnlyList<PatchsetLineModel> Read(
        Session session,
        PatchsetUsage usage,
        Product product,
        IReadOnlyList<FeedGroup>? groups,
        string? name = null
    )
    {
        var counts = groups is null ? null : usage.Count(session, groups);
        var patchsets = name is null
            ? PatchsetStore.List(session, product)
            : [PatchsetStore.Get(session, product, name)];
        var feeds = FeedStore
            .List(session)
            .Select(feed => (Feed: feed, Placements: Placement.List(session, feed, patchsets)))
            .ToList();
        return
        [
            .. patchsets.Select(
                (patchset, n) =>
                    new PatchsetLineModel(
                        patchset,
                        counts?.Total(patchset.Name),
                        [
                            .. feeds.Select(feed => new FeedCell(
                                feed.Feed,
                                feed.Placements[n],
                                counts?.On(patchset.Name, feed.Feed.Id)
                            )),
                        ]
                    )
            ),
        ];
    }
}

/// <summary>What the list of a product's patchsets shows.</summary>
/// <param name="Product">The product.</param>
/// <param name="Filter">What is left out.</param>
/// <param name="Known">Patchsets there are.</param>
/// <param name="Total">Patchsets that the filter leaves.</param>
/// <param name="Lines">Some of these, newest first.</param>
/// <param name="Feeds">Columns.</param>
/// <param name="Distros">Distributions to choose from.</param>
internal sealed record PatchsetsModel(
    Product Product,
    PatchsetsFilter Filter,
    int Known,
    int Total,
    IReadOnlyList<PatchsetLineModel> Lines,
    IReadOnlyList<Feed> Feeds,
    IReadOnlyList<string> Distros
)
{
    /// <summary>Patchsets of a page.</summary>
    public const int PageSize = 50;

    /// <summary>Feeds with a column; a patchset's own page shows all.</summary>
    public const int MaxFeeds = 20;

    private const int MaxDistros = 200;

    /// <summary>Reads it.</summary>
    public static PatchsetsModel Read(Session session, PatchsetUsage usage, Product product, PatchsetsFilter filter)
    {
        var all = PatchsetLineModel.Read(session, usage, product, PatchsetLineModel.GroupsOrNull(session, product));
        var shown = all.Where(line =>
                filter.Shows(line.Patchset, line.Cells.Select(cell => cell.Placement.State), line.Servers ?? 0)
            )
            .Reverse()
            .ToList();
        filter = filter with { Offset = Paging.Start(filter.Offset, shown.Count, PageSize) };
        return new PatchsetsModel(
            product,
            filter,
            all.Count,
            shown.Count,
            [.. shown.Skip(filter.Offset).Take(PageSize)],
            [.. FeedStore.List(session).Take(MaxFeeds)],
            [
                .. all.SelectMany(line => line.Patchset.Distros)
                    .Distinct(StringComparer.OrdinalIgnoreCase)
                    .Order(StringComparer.Ordinal)
                    .Take(MaxDistros),
            ]
        );
    }
}
