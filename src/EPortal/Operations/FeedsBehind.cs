using Dapper;
using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Operations;

/// <summary>Which feeds lack something that is here for them.</summary>
internal static class FeedsBehind
{
    /// <summary>
    /// Feeds for which a patchset of their channel is here, newer than all of its product that they offer, and neither
    /// offered nor disabled there.
    /// </summary>
    public static IReadOnlyList<string> Names(Session session)
    {
        var feeds = session.Connection.Query<(string Id, string Name, string Channel)>("SELECT id, name, channel FROM feed WHERE shadowed = 0 ORDER BY name");
        var newest = session.Connection.Query<(string Feed, string Product, long Released)>(
            """
            SELECT s.feed, p.product, max(p.released) FROM placement s JOIN patchset p ON p.id = s.patchset
            WHERE (s.enabled = 1 OR s.held > 0) AND p.shadowed = 0 GROUP BY 1, 2
            """).ToDictionary(row => (row.Feed, row.Product), row => row.Released);
        var here = session.Connection.Query<(string Product, string Channel, long Released)>(
            """
            SELECT p.product, p.channel, max(p.released) FROM patchset p JOIN patchset_copy c ON c.patchset = p.id
            WHERE p.shadowed = 0 AND p.held = 0 GROUP BY 1, 2
            """).AsList();
        return
        [
            .. from feed in feeds
               where here.Any(one => Feed.Takes(feed.Channel, one.Channel)
                   && one.Released > newest.GetValueOrDefault((feed.Id, one.Product), long.MinValue))
               select feed.Name,
        ];
    }
}
