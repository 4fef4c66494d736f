using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;

namespace EPortal.Servers;

/// <summary>Servers of one key that run one kernel at one level, and how many they are.</summary>
internal sealed class ServerGroup
{
    /// <summary>Birth of the key.</summary>
    public required string Key { get; init; }

    /// <summary>Kernel; empty before the first check-in.</summary>
    public required string KernelId { get; init; }

    /// <summary>Level they run.</summary>
    public required long PatchLevel { get; init; }

    /// <summary>How many.</summary>
    public required long Servers { get; init; }

    /// <summary>Name of the key.</summary>
    public required string KeyName { get; init; }

    /// <summary>Products of the key.</summary>
    public required string Products { get; init; }

    /// <summary>The feed they follow.</summary>
    public required string FeedId { get; init; }

    /// <summary>Its name.</summary>
    public required string FeedName { get; init; }

    /// <summary>Whether they run what their feed offers.</summary>
    public ServerStatus StatusIn(OfferTable offers) =>
        !Products.Split(' ').Contains(Product.Kernel.Token(), StringComparer.Ordinal) || offers.FindOrNull(FeedId, Product.Kernel, KernelId) is not { } offer
            ? ServerStatus.Unsupported
            : offer.Level == PatchLevel ? ServerStatus.UpToDate : ServerStatus.Outdated;
}

/// <summary>All groups of servers: some tens of thousands for a million servers, so that what they have in common is judged once.</summary>
internal static class ServerGroups
{
    /// <summary>Those whose key is in force, in the order of <see cref="ServerGroup.Key"/>, kernel and level.</summary>
    public static IReadOnlyList<ServerGroup> Read(Session session, string? keyName, string? feedName) => session.Connection.Query<ServerGroup>(
        """
        SELECT g.key, g.kernel_id, g.patch_level, g.servers, k.name AS key_name, k.products,
          coalesce(f.id, @main) AS feed_id, coalesce(f.name, 'main') AS feed_name
        FROM server_count g
        JOIN key k ON k.id = g.key AND k.shadowed = 0
        LEFT JOIN feed f ON f.id = k.feed AND f.shadowed = 0
        WHERE (@keyName IS NULL OR k.name = @keyName) AND (@feedName IS NULL OR coalesce(f.name, 'main') = @feedName)
        ORDER BY g.key, g.kernel_id, g.patch_level
        """,
        new { keyName, feedName, main = Feed.MainId }).AsList();

    /// <summary>How many servers there are, those whose key is not in force too.</summary>
    public static long Total(Session session) => session.Connection.ExecuteScalar<long>("SELECT coalesce(sum(servers), 0) FROM server_count");
}
