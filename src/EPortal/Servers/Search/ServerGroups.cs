using System.Text.Json;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;

namespace EPortal.Servers.Search;

/// <summary>A key in force, with the feed that its servers follow.</summary>
internal sealed class GroupKey
{
    private bool? _allowsKernels;

    /// <summary>Entity id, the same on every node.</summary>
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
    public static Dictionary<string, GroupKey> Read(Session session, string? keyName, string? feedName) =>
        session
            .Connection.Query<GroupKey>(
                $"""
                SELECT own.id, k.name, k.products, {KeyFeed.Id} AS feed_id, {KeyFeed.Name} AS feed_name
                FROM key own {VisibleKey.OfOwn} {KeyFeed.Join}
                WHERE (@keyName IS NULL OR k.name = @keyName) AND (@feedName IS NULL OR {KeyFeed.Name} = @feedName)
                """,
                new { keyName, feedName }
            )
            .ToDictionary(key => key.Id, StringComparer.Ordinal);

    /// <summary>Whether it allows patches of kernels, which is asked for each of very many groups.</summary>
    public bool AllowsKernels => _allowsKernels ??= AllowedProducts.Contain(Products, Product.Kernel);

    /// <summary>How servers of this key that run a kernel at a level stand to what their feed offers.</summary>
    public ServerStatus StatusIn(OfferTable offers, string kernelId, long patchLevel) =>
        ServerStatuses.Of(AllowsKernels ? offers.FindOrNull(FeedId, Product.Kernel, kernelId) : null, patchLevel);
}

/// <summary>Servers of one key that have one profile, and how many they are.</summary>
/// <param name="Id">This node's number of the group.</param>
/// <param name="Owner">Their key.</param>
/// <param name="Profile">Number of the profile.</param>
/// <param name="KernelId">Kernel; empty before the first check-in.</param>
/// <param name="PatchLevel">Level they run.</param>
/// <param name="Servers">How many.</param>
internal sealed record ServerGroup(
    long Id,
    GroupKey Owner,
    long Profile,
    string KernelId,
    long PatchLevel,
    long Servers
)
{
    /// <summary>Entity id of the key.</summary>
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
internal readonly record struct FeedGroup(
    string FeedId,
    string KernelId,
    long PatchLevel,
    long Servers,
    bool IsEntitled
);

/// <summary>
/// All groups of servers: some tens of thousands for a million servers, so that what they have in common is judged
/// once.
/// </summary>
internal static class ServerGroups
{
    /// <summary>Those whose key is in force, in the order they came about.</summary>
    public static IReadOnlyList<ServerGroup> Read(
        Session session,
        string? keyName,
        string? feedName,
        ProfileFilter? filter = null
    )
    {
        var keys = GroupKey.Read(session, keyName, feedName);
        var profiles = ProfilesOf(session, filter ?? ProfileFilter.None);
        var groups = new List<ServerGroup>();
        // Without a mapper: there are very many.
        using var row =
            keyName is null && feedName is null
                ? session.Query("SELECT id, key, profile, servers FROM server_group ORDER BY id")
                : session.Query(
                    $"SELECT id, key, profile, servers FROM server_group WHERE key IN (SELECT value FROM {session.Dialect.Texts("@keys")} v) ORDER BY id",
                    ("@keys", JsonSerializer.Serialize(keys.Keys))
                );
        while (row.Read())
        {
            if (keys.TryGetValue(row.GetString(1), out var key) && profiles.TryGetValue(row.GetInt64(2), out var runs))
                groups.Add(
                    new ServerGroup(
                        row.GetInt64(0),
                        key,
                        row.GetInt64(2),
                        runs.KernelId,
                        runs.PatchLevel,
                        row.GetInt64(3)
                    )
                );
        }

        return groups;
    }

    /// <summary>What servers run, feed by feed, of all keys in force; the same may come more than once.</summary>
    public static IReadOnlyList<FeedGroup> ByFeed(Session session)
    {
        // Without a mapper: some tens of thousands of rows for every list of patchsets.
        var groups = new List<FeedGroup>();
        using var row = session.Query(
            $"""
            SELECT {KeyFeed.Id}, p.kernel_id, p.patch_level, g.servers, k.products
            FROM server_group g
            JOIN server_profile p ON p.id = g.profile
            {VisibleKey.Join("g.key")}
            {KeyFeed.Join}
            """
        );
        while (row.Read())
            groups.Add(
                new FeedGroup(
                    row.GetString(0),
                    row.GetString(1),
                    row.GetInt64(2),
                    row.GetInt64(3),
                    AllowedProducts.Contain(row.GetString(4), Product.Kernel)
                )
            );
        return groups;
    }

    /// <summary>How many servers there are, those whose key is not in force too.</summary>
    public static long Total(Session session) =>
        session.Connection.ExecuteScalar<long>("SELECT coalesce(sum(servers), 0) FROM server_group");

    /// <summary>
    /// Whether there are servers whose key is not in force. The keys of groups are found by leaps in their index.
    /// </summary>
    public static bool AnyOutOfForce(Session session) =>
        session.Connection.ExecuteScalar<bool>(
            """
            WITH RECURSIVE used(key) AS (
              SELECT min(key) FROM server_group
              UNION ALL
              SELECT (SELECT min(g.key) FROM server_group g WHERE g.key > used.key) FROM used WHERE used.key IS NOT NULL)
            SELECT EXISTS (SELECT 1 FROM used WHERE used.key IS NOT NULL AND used.key NOT IN (SELECT id FROM key))
            """
        );

    private static Dictionary<long, (string KernelId, long PatchLevel)> ProfilesOf(
        Session session,
        ProfileFilter filter
    )
    {
        var (where, parameters) = filter.Sql(session.Dialect);
        var profiles = new Dictionary<long, (string, long)>();
        using var row = session.Connection.ExecuteReader(
            $"SELECT id, kernel_id, patch_level FROM server_profile WHERE {where}",
            parameters
        );
        while (row.Read())
            profiles.Add(row.GetInt64(0), (row.GetString(1), row.GetInt64(2)));
        return profiles;
    }
}
