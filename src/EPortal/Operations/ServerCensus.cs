using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Servers;

namespace EPortal.Operations;

/// <summary>How many servers there are of each kind; an inactive one counts as nothing else.</summary>
internal sealed record ServerCounts(long UpToDate, long Outdated, long Unsupported, long Inactive)
{
    /// <summary>Those among the unsupported that registered within 48 hours and did not check in yet.</summary>
    public long Unseen { get; init; }

    /// <summary>All together.</summary>
    public long Total => UpToDate + Outdated + Unsupported + Inactive;

    /// <summary>Those that checked in within 48 hours.</summary>
    public long CheckedIn => Total - Inactive - Unseen;

    /// <summary>None at all.</summary>
    public static readonly ServerCounts None = new(0, 0, 0, 0);

    /// <summary>Both together.</summary>
    public ServerCounts Plus(ServerCounts other) =>
        new(
            UpToDate + other.UpToDate,
            Outdated + other.Outdated,
            Unsupported + other.Unsupported,
            Inactive + other.Inactive
        )
        {
            Unseen = Unseen + other.Unseen,
        };

    /// <summary>The counts with the names that metrics give them.</summary>
    public IEnumerable<(string Status, long Count)> ByStatus() =>
        [("up_to_date", UpToDate), ("outdated", Outdated), ("unsupported", Unsupported), ("inactive", Inactive)];
}

/// <summary>Counts servers. It reads all of them, so it is not for each request.</summary>
internal static class ServerCensus
{
    /// <summary>Counts by feed; of one key or feed only, where these are given.</summary>
    public static Dictionary<string, ServerCounts> Take(
        Session session,
        Offers offers,
        DateTimeOffset now,
        string? key = null,
        string? feed = null
    )
    {
        var table = offers.At(session);
        var counts = new Dictionary<string, ServerCounts>(StringComparer.Ordinal);
        foreach (
            var name in session.Connection.Query<string>(
                "SELECT name FROM feed WHERE shadowed = 0 AND (@feed IS NULL OR name = @feed)",
                new { feed }
            )
        )
            counts[name] = ServerCounts.None;
        var groups = session.Connection.Query<Group>(
            $"""
            SELECT {KeyFeed.Id} AS feed_id, {KeyFeed.Name} AS feed, k.products, p.kernel_id, p.patch_level, n.inactive, n.unseen, n.servers
            FROM (
              SELECT x.grp, coalesce(c.at, x.registered) < @before AS inactive, c.at IS NULL AS unseen, count(*) AS servers
              FROM server_search x LEFT JOIN server_checkin c ON c.server = x.server
              WHERE @key IS NULL OR x.grp IN (SELECT o.id FROM server_group o {VisibleKey.Join(
                "o.key"
            )} WHERE k.name = @key)
              GROUP BY 1, 2, 3
            ) n
            JOIN server_group g ON g.id = n.grp
            JOIN server_profile p ON p.id = g.profile
            {VisibleKey.Join("g.key")}
            {KeyFeed.Join}
            WHERE @feed IS NULL OR {KeyFeed.Name} = @feed
            """,
            new
            {
                before = UnixMicros.Of(now - ServerStatuses.InactiveAfter),
                key,
                feed,
            },
            commandTimeout: 0
        );
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
        public required long Unseen { get; init; }
        public required long Servers { get; init; }

        public ServerCounts Count(OfferTable offers)
        {
            if (Inactive != 0)
                return ServerCounts.None with { Inactive = Servers };
            var allowed = KernelId is not null && AllowedProducts.Contain(Products, Product.Kernel);
            return ServerStatuses.Of(
                allowed ? offers.FindOrNull(FeedId, Product.Kernel, KernelId!) : null,
                PatchLevel ?? 0
            ) switch
            {
                ServerStatus.UpToDate => ServerCounts.None with { UpToDate = Servers },
                ServerStatus.Outdated => ServerCounts.None with { Outdated = Servers },
                _ => ServerCounts.None with { Unsupported = Servers, Unseen = Unseen != 0 ? Servers : 0 },
            };
        }
    }
}
