using EPortal.Data;
using EPortal.Format;
using EPortal.Keys;

namespace EPortal.Servers.CheckIns;

/// <summary>A server that calls: what its feed and key allow it, and what is known of it.</summary>
/// <param name="Local">This node's number of it.</param>
/// <param name="Id">Entity id, the same on every node.</param>
/// <param name="ServerId">Its agent's id.</param>
/// <param name="FeedId">The feed it follows.</param>
/// <param name="FeedName">Name of that feed.</param>
/// <param name="Products">Tokens of the products of its key, spaces between them.</param>
/// <param name="Tags">Its tags; null where they were not read.</param>
/// <param name="OfferRevision">Revision of the offers in the same snapshot; -1 where it was not read.</param>
internal sealed record RegisteredServer(
    long Local,
    string Id,
    string ServerId,
    string FeedId,
    string FeedName,
    string Products,
    string? Tags,
    long OfferRevision
)
{
    /// <summary>Whether its key allows a product.</summary>
    public bool Allows(Product product) => AllowedProducts.Contain(Products, product);
}

/// <summary>What a check-in brings.</summary>
/// <param name="Facts">What the host says of itself.</param>
/// <param name="Uptime">Seconds since it booted.</param>
/// <param name="Tags">New tags; null leaves them.</param>
/// <param name="Digest">Of all this but the uptime, as it came; 0 for what is not to be taken for the same the next
/// time.</param>
internal sealed record CheckIn(ServerFacts Facts, long Uptime, string? Tags, long Digest = 0);

/// <summary>Takes check-ins.</summary>
internal sealed class CheckInRecorder(ChangeLog log, ServerCache known, HostChangeLimiter limit)
{
    private readonly CheckInWriter _writes = new(log, known, limit);

    /// <summary>Whether no more can be taken at present.</summary>
    public bool IsFull => _writes.IsFull;

    /// <summary>Hosts whose latest words are on disk and not yet in lists.</summary>
    public long Behind => _writes.Behind;

    /// <summary>The server of that id; null for an unknown one, or one whose key is gone.</summary>
    public static RegisteredServer? FindOrNull(Session session, string serverId)
    {
        using var row = session.Query(
            $"""
            SELECT s.local, s.id, {KeyFeed.Id}, {KeyFeed.Name}, k.products, s.tags, n.offer_revision
            FROM server s
            {VisibleKey.Join("s.key")}
            {KeyFeed.Join}
            CROSS JOIN node n
            WHERE s.server_id = @serverId
            """,
            ("@serverId", serverId)
        );
        return row.Read()
            ? new RegisteredServer(
                row.GetInt64(0),
                row.GetString(1),
                serverId,
                row.GetString(2),
                row.GetString(3),
                row.GetString(4),
                row.GetString(5),
                row.GetInt64(6)
            )
            : null;
    }

    /// <summary>
    /// Records a check-in of a known host that brings nothing new; false when the host was deleted meanwhile.
    /// </summary>
    /// <exception cref="StoreException">The store failed.</exception>
    public ValueTask<bool> Record(PackedServerId id, long local, long uptime) => _writes.Record(id, local, uptime);

    /// <summary>
    /// Records a check-in of a host that was found in the store; done when it is on disk. False when it was deleted
    /// meanwhile.
    /// </summary>
    /// <exception cref="StoreException">The store failed or is overloaded.</exception>
    public async ValueTask<bool> Record(RegisteredServer server, CheckIn checkIn)
    {
        // An id of another form is in no cache.
        if (!PackedServerId.TryRead(server.ServerId, out var id))
            return await Judge(server, checkIn) is { } facts
                && await log.Commit(
                    Actor.Agent,
                    change => ServerRecords.Write(change, limit, server.Local, facts with { Digest = 0, Was = -1 })
                );
        // What the host said last must be known before, so that nothing older is read into its place afterwards.
        return known.TryFind(known.View(), id, out _, out _) && await Record(id, server, checkIn);
    }

    /// <summary>
    /// Records a check-in of a host that was found in the cache; done when it is on disk. False when it was deleted
    /// meanwhile.
    /// </summary>
    /// <exception cref="StoreException">The store failed or is overloaded.</exception>
    public async ValueTask<bool> Record(PackedServerId id, RegisteredServer server, CheckIn checkIn) =>
        await Judge(server, checkIn) is { } facts && await _writes.Record(id, server.Local, checkIn.Uptime, facts);

    /// <summary>
    /// What is to be written, with the tags written already; null when the host was deleted meanwhile.
    /// </summary>
    private async ValueTask<PendingFacts?> Judge(RegisteredServer server, CheckIn checkIn)
    {
        if (IsFull)
            throw new StoreException(StoreError.Overloaded, "too many check-ins are waiting; try again later");
        var digest = FactsDigest.ForFeed(checkIn.Digest, FactsDigest.OfFeed(server.FeedName));
        if (checkIn.Tags is { } tags)
        {
            if (await SetTags(server, ServerStore.Normalise(tags)) is not { } areSet)
                return null;
            if (!areSet)
                digest = 0; // Said again it is to be judged again.
        }

        return new PendingFacts(server.Id, checkIn.Uptime, digest, checkIn.Facts with { Feed = server.FeedName });
    }

    /// <summary>Tells in a server's history what was dropped of a call that is no check-in of its kernel.</summary>
    /// <exception cref="StoreException">The store failed or is overloaded.</exception>
    public Task TellDropped(string serverId, string what, string dropped) =>
        log.Commit(
            Actor.Agent,
            change =>
            {
                ServerHistory.Tell(change, limit, serverId, what, dropped);
                return true;
            }
        );

    /// <summary>Whether they are as the host says; null when it was deleted meanwhile.</summary>
    private async ValueTask<bool?> SetTags(RegisteredServer server, string tags) =>
        tags == server.Tags
            ? true
            : await log.Commit(
                Actor.Agent,
                change =>
                {
                    var had = (string?)
                        change.Session.Scalar(
                            "SELECT tags FROM server WHERE local = @server AND id = @id",
                            ("@server", server.Local),
                            ("@id", server.Id)
                        );
                    if (had is null || had == tags)
                        return had is null ? null : (bool?)true;
                    if (!limit.TryCount(server.Local, HostRefusal.Tags, out _))
                        return false;
                    ServerStore.SetTags(change, server.Id, tags);
                    return true;
                }
            );
}
