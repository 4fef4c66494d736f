using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;

namespace EPortal.Servers;

/// <summary>A server that calls: what its feed and key allow it, and what is known of it.</summary>
/// <param name="Local">This node's number of it.</param>
/// <param name="Id">Birth.</param>
/// <param name="ServerId">Its agent's id.</param>
/// <param name="FeedId">The feed it follows.</param>
/// <param name="FeedName">Name of that feed.</param>
/// <param name="Products">Tokens of the products of its key, spaces between them.</param>
/// <param name="Tags">Its tags; null where they were not read.</param>
/// <param name="OfferRevision">Revision of the offers in the same snapshot; -1 where it was not read.</param>
internal sealed record KnownServer(
    long Local, string Id, string ServerId, string FeedId, string FeedName, string Products, string? Tags, long OfferRevision)
{
    /// <summary>Whether its key allows a product.</summary>
    public bool Allows(Product product) => Products.Split(' ').Contains(product.Token(), StringComparer.Ordinal);
}

/// <summary>What a check-in brings.</summary>
/// <param name="Facts">What the host says of itself.</param>
/// <param name="Uptime">Seconds since it booted.</param>
/// <param name="Tags">New tags; null leaves them.</param>
/// <param name="Digest">Of all this but the uptime, as it came; 0 for none.</param>
internal sealed record CheckIn(ServerFacts Facts, long Uptime, string? Tags, long Digest = 0);

/// <summary>
/// Writes check-ins that say something new through the shared commits; those that do not go by <see cref="CheckInTimes"/>.
/// </summary>
internal sealed class CheckIns(ChangeLog log, KnownServers known)
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
                row.GetInt64(0), row.GetString(1), serverId, row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetInt64(6))
            : null;
    }

    /// <summary>Records a check-in; done when it is on disk. False when the server was deleted meanwhile.</summary>
    /// <exception cref="StoreException">The store failed or is overloaded.</exception>
    public async Task<bool> Record(KnownServer server, CheckIn checkIn)
    {
        if (!AgentId.TryRead(server.ServerId, out var id))
            return await log.Commit(Actor.Agent, change => Record(change, server, checkIn with { Digest = 0 }, null));
        // What the host said last must be known before, so that nothing older is read into its place afterwards.
        known.TryFind(known.View(), id, out _, out _);
        ushort turn = 0;
        var recorded = await log.Commit(Actor.Agent, change =>
        {
            (turn, var uptime) = known.Unsettle(id);
            return Record(change, server, checkIn, uptime);
        });
        if (recorded)
            known.Settle(id, turn, checkIn.Uptime, checkIn.Digest);
        return recorded;
    }

    private static bool Record(Change change, KnownServer server, CheckIn checkIn, long? uptime)
    {
        var before = ServerRecords.Read(change.Session, server.Local);
        if (!ServerRecords.WriteTime(change, server, checkIn.Uptime, checkIn.Digest))
            return false;
        if (checkIn.Tags is { } tags && ServerStore.Normalise(tags) != (server.Tags ?? TagsOf(change, server)))
            ServerStore.SetTags(change, server.Id, tags);
        var facts = checkIn.Facts with { Feed = server.FeedName };
        if (before?.Facts != facts)
            ServerRecords.WriteFacts(change, server.Local, facts, before?.Facts);
        var history = new ServerHistory(change, server.Local);
        if (before is { } last)
            history.Write(uptime is >= 0 and var latest ? last with { Uptime = latest } : last, facts, checkIn.Uptime);
        return true;
    }

    private static string? TagsOf(Change change, KnownServer server) =>
        (string?)change.Session.Scalar("SELECT tags FROM server WHERE local = @server AND id = @id", ("@server", server.Local), ("@id", server.Id));
}
