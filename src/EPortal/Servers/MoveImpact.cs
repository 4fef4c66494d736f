using System.Text.Json;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>
/// What it means to servers that they follow another feed, or may have patches of other products. Counted by groups.
/// </summary>
/// <param name="Elsewhere">Servers for which the feed or the right to kernel patches becomes another.</param>
/// <param name="Reach">How many are offered something else by that.</param>
internal sealed record MoveImpact(long Elsewhere, RolloutImpact Reach)
{
    /// <summary>Of the servers of a key when it is given a feed and products.</summary>
    /// <exception cref="RefusedException">There is no such feed.</exception>
    public static MoveImpact OfKey(
        Session session,
        OfferTable offers,
        string key,
        string feed,
        IReadOnlyList<Product> products
    )
    {
        var (to, kernels) = (FeedStore.Get(session, feed).Id, products.Contains(Product.Kernel));
        return Count(
            offers,
            ServerGroups.Read(session, key, null).Select(group => (group, group.Servers)),
            to,
            _ => kernels
        );
    }

    /// <summary>Of the servers of a feed when it is deleted: their keys are on main then.</summary>
    public static MoveImpact OfFeed(Session session, OfferTable offers, string feed) =>
        Count(
            offers,
            ServerGroups.Read(session, null, feed).Select(group => (group, group.Servers)),
            Feed.MainId,
            key => key.AllowsKernels
        );

    /// <summary>Of servers when they are moved to a key.</summary>
    /// <param name="session">The snapshot.</param>
    /// <param name="offers">What feeds offer.</param>
    /// <param name="servers">The servers.</param>
    /// <param name="key">Name of the key.</param>
    /// <exception cref="RefusedException">There is no such key.</exception>
    public static MoveImpact OfServers(Session session, OfferTable offers, IReadOnlyList<string> servers, string key)
    {
        var to = KeyStore.Get(session, key);
        var (feed, kernels) = (FeedStore.Get(session, to.Feed).Id, to.Products.Contains(Product.Kernel));
        var chosen = session
            .Connection.Query<(long Group, long Servers)>(
                $"""
                SELECT x.grp, count(*) FROM (SELECT DISTINCT value FROM {session.Dialect.Texts("@servers")} v) p
                {session.Dialect.JoinInOrder} server s ON s.id = p.value {session.Dialect.JoinInOrder} server_search x ON x.server = s.local GROUP BY 1
                """,
                new { servers = JsonSerializer.Serialize(servers) }
            )
            .ToDictionary(one => one.Group, one => one.Servers);
        return Count(
            offers,
            ServerGroups
                .Read(session, null, null)
                .Where(group => chosen.ContainsKey(group.Id))
                .Select(group => (group, chosen[group.Id])),
            feed,
            _ => kernels
        );
    }

    private static MoveImpact Count(
        OfferTable offers,
        IEnumerable<(ServerGroup Group, long Servers)> groups,
        string feedId,
        Func<GroupKey, bool> mayHaveKernels
    )
    {
        var moved = groups
            .Where(one =>
                one.Group.FeedId != feedId || one.Group.Owner.AllowsKernels != mayHaveKernels(one.Group.Owner)
            )
            .ToList();
        return new MoveImpact(
            moved.Sum(one => one.Servers),
            RolloutImpact.Of(
                moved.Select(one =>
                    (
                        LevelOf(offers, one.Group.FeedId, one.Group.KernelId, one.Group.Owner.AllowsKernels),
                        LevelOf(offers, feedId, one.Group.KernelId, mayHaveKernels(one.Group.Owner)),
                        one.Servers
                    )
                )
            )
        );
    }

    private static long? LevelOf(OfferTable offers, string feedId, string kernelId, bool allowed) =>
        allowed ? offers.FindOrNull(feedId, Product.Kernel, kernelId)?.Level : null;
}
