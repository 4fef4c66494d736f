using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;

namespace EPortal.Servers;

/// <summary>A key in force, with the feed that its servers follow.</summary>
internal sealed class GroupKey
{
    /// <summary>Birth.</summary>
    public required string Id { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Tokens of the products, spaces between them.</summary>
    public required string Products { get; init; }

    /// <summary>The feed.</summary>
    public required string FeedId { get; init; }

    /// <summary>Its name.</summary>
    public required string FeedName { get; init; }

    /// <summary>Keys in force; of one name or one feed only, where these are given.</summary>
    public static Dictionary<string, GroupKey> Read(Session session, string? keyName, string? feedName) => session.Connection.Query<GroupKey>(
        """
        SELECT k.id, k.name, k.products, coalesce(f.id, @main) AS feed_id, coalesce(f.name, 'main') AS feed_name
        FROM key k LEFT JOIN feed f ON f.id = k.feed AND f.shadowed = 0
        WHERE k.shadowed = 0 AND (@keyName IS NULL OR k.name = @keyName) AND (@feedName IS NULL OR coalesce(f.name, 'main') = @feedName)
        """,
        new { keyName, feedName, main = Feed.MainId }).ToDictionary(key => key.Id, StringComparer.Ordinal);

    /// <summary>Whether it allows patches of a product.</summary>
    public bool Allows(Product product) => Products.Split(' ').Contains(product.Token(), StringComparer.Ordinal);

    /// <summary>How servers of this key that run a kernel at a level stand to what their feed offers.</summary>
    public ServerStatus StatusIn(OfferTable offers, string kernelId, long patchLevel) =>
        !Allows(Product.Kernel) || offers.FindOrNull(FeedId, Product.Kernel, kernelId) is not { } offer
            ? ServerStatus.Unsupported
            : offer.Level == patchLevel ? ServerStatus.UpToDate : ServerStatus.Outdated;
}

/// <summary>Servers of one key that have one profile, and how many they are.</summary>
/// <param name="Id">This node's number of the group.</param>
/// <param name="Owner">Their key.</param>
/// <param name="Profile">Number of the profile.</param>
/// <param name="KernelId">Kernel; empty before the first check-in.</param>
/// <param name="PatchLevel">Level they run.</param>
/// <param name="Servers">How many.</param>
internal sealed record ServerGroup(long Id, GroupKey Owner, long Profile, string KernelId, long PatchLevel, long Servers)
{
    /// <summary>Birth of the key.</summary>
    public string Key => Owner.Id;

    /// <summary>Name of the key.</summary>
    public string KeyName => Owner.Name;

    /// <summary>The feed they follow.</summary>
    public string FeedId => Owner.FeedId;

    /// <summary>Its name.</summary>
    public string FeedName => Owner.FeedName;

    /// <summary>How they stand to what their feed offers.</summary>
    public ServerStatus StatusIn(OfferTable offers) => Owner.StatusIn(offers, KernelId, PatchLevel);
}

/// <summary>Servers that follow one feed and run one kernel at one level.</summary>
/// <param name="FeedId">The feed.</param>
/// <param name="KernelId">Kernel; empty before the first check-in.</param>
/// <param name="PatchLevel">Level they run.</param>
/// <param name="Servers">How many.</param>
/// <param name="IsEntitled">Whether their key allows kernel patches.</param>
internal readonly record struct FeedGroup(string FeedId, string KernelId, long PatchLevel, long Servers, bool IsEntitled);

/// <summary>All groups of servers: some tens of thousands for a million servers, so that what they have in common is judged once.</summary>
internal static class ServerGroups
{
    /// <summary>Those whose key is in force, in the order they came about.</summary>
    public static IReadOnlyList<ServerGroup> Read(Session session, string? keyName, string? feedName, ProfileFilter? filter = null)
    {
        var keys = GroupKey.Read(session, keyName, feedName);
        var profiles = Profiles(session, filter ?? ProfileFilter.None);
        var groups = new List<ServerGroup>();
        using var row = session.Query("SELECT id, key, profile, servers FROM server_group ORDER BY id");
        while (row.Read())
        {
            if (keys.TryGetValue(row.GetString(1), out var key) && profiles.TryGetValue(row.GetInt64(2), out var runs))
                groups.Add(new ServerGroup(row.GetInt64(0), key, row.GetInt64(2), runs.KernelId, runs.PatchLevel, row.GetInt64(3)));
        }

        return groups;
    }

    /// <summary>What servers run, feed by feed, of all keys in force; the same may come more than once.</summary>
    public static IReadOnlyList<FeedGroup> ByFeed(Session session)
    {
        // Without a mapper: some tens of thousands of rows for every list of patchsets.
        var groups = new List<FeedGroup>();
        using var row = session.Query(
            """
            SELECT coalesce(f.id, @main), p.kernel_id, p.patch_level, g.servers, instr(' ' || k.products || ' ', ' ' || @kernel || ' ') > 0
            FROM server_group g
            JOIN server_profile p ON p.id = g.profile
            JOIN key k ON k.id = g.key AND k.shadowed = 0
            LEFT JOIN feed f ON f.id = k.feed AND f.shadowed = 0
            """,
            ("@main", Feed.MainId), ("@kernel", Product.Kernel.Token()));
        while (row.Read())
            groups.Add(new FeedGroup(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4) != 0));
        return groups;
    }

    /// <summary>How many servers there are, those whose key is not in force too.</summary>
    public static long Total(Session session) => session.Connection.ExecuteScalar<long>("SELECT coalesce(sum(servers), 0) FROM server_group");

    /// <summary>Whether there are servers whose key is not in force.</summary>
    public static bool AnyOutOfForce(Session session) => session.Connection.ExecuteScalar<bool>(
        "SELECT EXISTS (SELECT 1 FROM server_group g LEFT JOIN key k ON k.id = g.key AND k.shadowed = 0 WHERE k.id IS NULL)");

    private static Dictionary<long, (string KernelId, long PatchLevel)> Profiles(Session session, ProfileFilter filter)
    {
        var (where, parameters) = filter.Sql();
        return session.Connection.Query<(long Id, string KernelId, long PatchLevel)>(
            $"SELECT id, kernel_id, patch_level FROM server_profile WHERE {where}", parameters, buffered: false)
            .ToDictionary(row => row.Id, row => (row.KernelId, row.PatchLevel));
    }
}
