using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;

namespace EPortal.Servers;

/// <summary>A server that calls: what its feed and key allow it, and what is known of it.</summary>
/// <param name="Local">This node's number of it.</param>
/// <param name="Id">Birth.</param>
/// <param name="FeedId">The feed it follows.</param>
/// <param name="FeedName">Name of that feed.</param>
/// <param name="Products">Tokens of the products of its key, spaces between them.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="OfferRevision">Revision of the offers in the same snapshot.</param>
internal sealed record KnownServer(
    long Local, string Id, string FeedId, string FeedName, string Products, string Tags, long OfferRevision)
{
    /// <summary>Whether its key allows a product.</summary>
    public bool Allows(Product product) => Products.Split(' ').Contains(product.Token(), StringComparer.Ordinal);
}

/// <summary>What a check-in brings.</summary>
/// <param name="Facts">What the host says of itself.</param>
/// <param name="Uptime">Seconds since it booted.</param>
/// <param name="Tags">New tags; null leaves them.</param>
internal sealed record CheckIn(ServerFacts Facts, long Uptime, string? Tags);

/// <summary>
/// The hot path of the portal: finds the calling server on a snapshot and writes the check-in through the shared
/// commits. Most check-ins change nothing but the time, and then touch one narrow row.
/// </summary>
internal sealed class CheckIns(ChangeLog log)
{
    /// <summary>The server of that id; null for an unknown one, or one whose key is gone.</summary>
    public static KnownServer? FindOrNull(Session session, string serverId)
    {
        using var row = session.Query(
            """
            SELECT s.local, s.id, coalesce(f.id, @main), coalesce(f.name, 'main'), k.products, s.tags, n.offer_revision
            FROM server s
            JOIN key k ON k.id = s.key AND k.shadowed = 0
            LEFT JOIN feed f ON f.id = k.feed AND f.shadowed = 0
            CROSS JOIN node n
            WHERE s.server_id = @serverId
            """,
            ("@serverId", serverId), ("@main", Feed.MainId));
        return row.Read()
            ? new KnownServer(
                row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetInt64(6))
            : null;
    }

    /// <summary>Records a check-in; done when it is on disk. False when the server was deleted meanwhile.</summary>
    /// <exception cref="StoreException">The store failed or is overloaded.</exception>
    public Task<bool> Record(KnownServer server, CheckIn checkIn) => log.Commit(Actor.Agent, change => Record(change, server, checkIn));

    private static bool Record(Change change, KnownServer server, CheckIn checkIn)
    {
        var before = ServerRecords.Read(change.Session, server.Local);
        if (!ServerRecords.WriteTime(change, server, checkIn.Uptime))
            return false;
        if (checkIn.Tags is { } tags && ServerStore.Normalise(tags) != server.Tags)
            ServerStore.SetTags(change, server.Id, tags);
        var facts = checkIn.Facts with { Feed = server.FeedName };
        if (before?.Facts != facts)
            ServerRecords.WriteFacts(change, server.Local, facts, before?.Facts);
        var history = new ServerHistory(change, server.Local);
        if (before is { } known)
            history.Write(known, facts, checkIn.Uptime);
        return true;
    }
}
