using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Servers;

namespace EPortal.Operations;

/// <summary>How many servers there are of each kind; an inactive one counts as nothing else.</summary>
internal sealed record ServerCounts(long UpToDate, long Outdated, long Unsupported, long Inactive)
{
    /// <summary>None at all.</summary>
    public static readonly ServerCounts None = new(0, 0, 0, 0);

    /// <summary>Both together.</summary>
    public ServerCounts Plus(ServerCounts other) => new(
        UpToDate + other.UpToDate, Outdated + other.Outdated, Unsupported + other.Unsupported, Inactive + other.Inactive);

    /// <summary>The counts with the names that metrics give them.</summary>
    public IEnumerable<(string Status, long Count)> ByStatus() =>
        [("up_to_date", UpToDate), ("outdated", Outdated), ("unsupported", Unsupported), ("inactive", Inactive)];
}

/// <summary>Counts servers. It reads all of them, so it is not for each request.</summary>
internal static class ServerCensus
{
    /// <summary>Counts by feed; of one key or feed only, where these are given.</summary>
    public static Dictionary<string, ServerCounts> Take(Session session, Offers offers, DateTimeOffset now, string? key = null, string? feed = null)
    {
        var table = offers.At(session);
        var counts = new Dictionary<string, ServerCounts>(StringComparer.Ordinal);
        foreach (var name in session.Connection.Query<string>("SELECT name FROM feed WHERE shadowed = 0 AND (@feed IS NULL OR name = @feed)", new { feed }))
            counts[name] = ServerCounts.None;
        var before = Micros.Of(now - ServerStatuses.InactiveAfter);
        var groups = session.Connection.Query<Group>(
            """
            SELECT coalesce(f.id, @main) AS feed_id, coalesce(f.name, 'main') AS feed, k.products, g.kernel_id, g.patch_level, g.inactive, g.servers
            FROM (
              SELECT x.key, x.kernel_id, x.patch_level,
                coalesce(c.at, x.registered) < @before AND x.server NOT IN (SELECT value FROM json_each(@since)) AS inactive, count(*) AS servers
              FROM server_search x LEFT JOIN server_checkin c ON c.server = x.server
              WHERE @key IS NULL OR x.key IN (SELECT id FROM key WHERE name = @key AND shadowed = 0)
              GROUP BY 1, 2, 3, 4
            ) g
            JOIN key k ON k.id = g.key AND k.shadowed = 0
            LEFT JOIN feed f ON f.id = k.feed AND f.shadowed = 0
            WHERE @feed IS NULL OR coalesce(f.name, 'main') = @feed
            """,
            new { main = Feed.MainId, before, since = WaitingCheckIns.Since(session, before), key, feed },
            commandTimeout: 0);
        foreach (var group in groups)
            counts[group.Feed] = counts.GetValueOrDefault(group.Feed, ServerCounts.None).Plus(group.Count(table));
        return counts;
    }

    /// <summary>Servers that are the same in all that matters here.</summary>
    private sealed class Group
    {
        public required string FeedId { get; init; }
        public required string Feed { get; init; }
        public required string Products { get; init; }
        public string? KernelId { get; init; }
        public long? PatchLevel { get; init; }
        public required long Inactive { get; init; }
        public required long Servers { get; init; }

        public ServerCounts Count(OfferTable offers)
        {
            if (Inactive != 0)
                return ServerCounts.None with { Inactive = Servers };
            var allowed = Products.Split(' ').Contains(Product.Kernel.Token(), StringComparer.Ordinal);
            return !allowed || KernelId is null || offers.FindOrNull(FeedId, Product.Kernel, KernelId) is not { } offer
                ? ServerCounts.None with { Unsupported = Servers }
                : offer.Level == PatchLevel ? ServerCounts.None with { UpToDate = Servers } : ServerCounts.None with { Outdated = Servers };
        }
    }
}
