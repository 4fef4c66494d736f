using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Patchsets;

namespace EPortal.Operations;

/// <summary>Which feeds lack something that is here for them.</summary>
internal static class FeedsBehind
{
    /// <summary>Grace period of an automatic feed after its delay: feeds are checked only from time to time.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromHours(1);

    /// <summary>
    /// Feeds for which a patchset of their channel is here, newer than all of its product that they offer, and neither
    /// offered nor disabled there. One that an automatic feed still waits for by its own setting does not count, nor
    /// does a feed that no server follows.
    /// </summary>
    public static IReadOnlyList<string> Names(Session session, DateTimeOffset now)
    {
        var newest = session
            .Connection.Query<(string Feed, string Product, long Released)>(
                """
                SELECT s.feed, s.product, max(p.released) FROM placement_state s
                JOIN patchset p ON p.product = s.product AND p.name = s.patchset AND p.shadowed = 0
                WHERE s.enabled = 1 OR s.held > 0 GROUP BY 1, 2
                """
            )
            .ToDictionary(row => (row.Feed, row.Product), row => row.Released);
        var followed = session
            .Connection.Query<string>(
                $"SELECT DISTINCT {KeyFeed.Id} FROM server_group g {VisibleKey.Join("g.key")} {KeyFeed.Join}"
            )
            .ToHashSet(StringComparer.Ordinal);
        var here = Products
            .All.SelectMany(product => PatchsetStore.List(session, product))
            .Where(patchset => patchset is { IsHere: true, IsBlocked: false })
            .ToList();
        return
        [
            .. FeedStore
                .List(session)
                .Where(feed =>
                    followed.Contains(feed.Id) && here.Any(patchset => IsLacking(feed, patchset, newest, now))
                )
                .Select(feed => feed.Name)
                .Order(StringComparer.Ordinal),
        ];
    }

    private static bool IsLacking(
        Feed feed,
        Patchset patchset,
        Dictionary<(string, string), long> newest,
        DateTimeOffset now
    ) =>
        feed.Takes(patchset.Channel)
        && UnixMicros.Of(patchset.Released)
            > newest.GetValueOrDefault((feed.Name, patchset.Product.Token()), long.MinValue)
        && (!feed.TakesByItself(patchset) || feed.HasWaitedFor(patchset, now - s_grace));
}
