using System.Globalization;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers.CheckIns;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>How many servers registered with a key.</summary>
internal sealed record KeyCount
{
    /// <summary>Name of the key.</summary>
    public required string Key { get; init; }

    /// <summary>Its servers.</summary>
    public required long Count { get; init; }
}

/// <summary>Ending, tagging and counting servers. Each method is one transaction.</summary>
/// <param name="database">The store.</param>
/// <param name="log">Changes to it.</param>
/// <param name="limit">What a host may change.</param>
/// <param name="time">The clock.</param>
/// <param name="elsewhere">Check-ins that other nodes take; null where there are none.</param>
internal sealed class ServerStore(
    Database database,
    ChangeLog log,
    HostChangeLimiter limit,
    TimeProvider time,
    CheckInsElsewhere? elsewhere = null
)
{
    /// <summary>Longest list of tags, in characters.</summary>
    public const int MaxTags = 1024;

    /// <summary>Days without a check-in after which cleaning takes a server, unless told otherwise.</summary>
    public const int CleanAfterDays = 30;

    /// <summary>Most days of inactivity that can be asked for.</summary>
    public const int MaxDays = 36_500;

    /// <summary>Servers a key, by key name.</summary>
    public IReadOnlyList<KeyCount> CountByKey() =>
        database.Read(session =>
            session
                .Connection.Query<KeyCount>(
                    """
                    SELECT k.name AS Key, coalesce(sum(g.servers), 0) AS Count FROM key k
                    JOIN key own ON own.name = k.name LEFT JOIN server_group g ON g.key = own.id
                    WHERE k.shadowed = 0 GROUP BY k.id, k.name ORDER BY k.name
                    """
                )
                .AsList()
        );

    /// <summary>Ends a registration as its host asks; false when the id is unknown.</summary>
    public Task<bool> Unregister(string serverId) =>
        log.Commit(
            Actor.Agent,
            change =>
            {
                using (
                    var row = change.Session.Query(
                        "SELECT hostname, ip, key, registered FROM server WHERE server_id = @serverId",
                        ("@serverId", serverId)
                    )
                )
                {
                    if (!row.Read())
                        return false;
                    limit.Left(
                        row.GetString(0),
                        row.GetString(1),
                        row.GetString(2),
                        UnixMicros.ToTime(row.GetInt64(3))
                    );
                }

                return Delete(change, "s.server_id = @serverId", new { serverId }).Count > 0;
            }
        );

    /// <summary>Deletes the servers of that name, address or id and says how many.</summary>
    public Task<int> Delete(Actor actor, string? hostname = null, string? ip = null, string? serverId = null) =>
        log.Commit(
            actor,
            change =>
            {
                if (hostname is null && ip is null && serverId is null)
                    throw new RefusedException(Refusal.Invalid, "specify the host by host name, address or server id");
                var deleted = Delete(
                    change,
                    ServerPreview.Named,
                    new
                    {
                        hostname,
                        ip,
                        serverId,
                    }
                );
                change.Note("server.delete", $"{hostname ?? ip ?? "an id"}: {deleted.Count}", servers: deleted);
                return (int)deleted.Count;
            }
        );

    /// <summary>
    /// Deletes the servers that have not checked in for <paramref name="days"/> days and says how many.
    /// </summary>
    public Task<int> CleanInactive(Actor actor, int days) =>
        CleanInactive(actor, TimeSpan.FromDays(Math.Clamp(days, 0, MaxDays + 1)));

    /// <summary>
    /// Deletes the servers that have not checked in for <paramref name="age"/>, at least a day, and says how many.
    /// </summary>
    /// <exception cref="RefusedException">It is less than a day or more than a century, or check-ins of another node
    /// may not be here.</exception>
    public Task<int> CleanInactive(Actor actor, TimeSpan age) =>
        log.Commit(
            actor,
            change =>
            {
                ServerPreview.CheckAge(age);
                elsewhere?.RequireKnown();
                var before = UnixMicros.Of(change.Now - age);
                var deleted = Delete(
                    change,
                    ServerPreview.Inactive(change.Session.Dialect),
                    new { before, since = CheckInLog.Since(change.Session, before) }
                );
                change.Note(
                    "server.clean",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"inactive for {age.TotalDays:0.##} days: {deleted.Count}"
                    ),
                    servers: deleted
                );
                return (int)deleted.Count;
            }
        );

    /// <summary>Deletes a key with its servers and says how many those were.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="name">Name of the key.</param>
    /// <param name="seen">Version of the key on which that was decided; null where that does not matter.</param>
    /// <param name="agreed">So many servers at the most.</param>
    /// <exception cref="RefusedException">There is no such key, it is another by now, or it has more
    /// servers.</exception>
    public Task<int> DeleteKey(Actor actor, string name, string? seen = null, long agreed = long.MaxValue) =>
        log.Commit(
            actor,
            change =>
            {
                var key = KeyStore.Get(change.Session, name);
                key.Stored().RefuseUnless(seen);
                var deleted = Delete(change, $"s.key IN {VisibleKey.Ids}", new { key.Id });
                if (deleted.Count > agreed)
                    throw new RefusedException(
                        Refusal.Conflict,
                        "nothing deleted: more servers have this key now than you confirmed"
                    );
                KeyStore.Delete(change, key, deleted);
                return (int)deleted.Count;
            }
        );

    /// <summary>Replaces the tags of a server; false when the id is unknown.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="serverId">The server.</param>
    /// <param name="tags">Its tags from then on.</param>
    /// <param name="seen">Version of its tags on which that was decided; null where that does not matter.</param>
    /// <exception cref="RefusedException">
    /// The tags are too long, hold control characters, or are others by now; or the host, which does it itself, has
    /// changed too much in this hour.
    /// </exception>
    public Task<bool> Tag(Actor actor, string serverId, string tags, string? seen = null) =>
        log.Commit(
            actor,
            change =>
            {
                var found = change
                    .Db.Query<(long Local, string Id, string Tags, string Hostname)>(
                        "SELECT s.local, s.id, s.tags, coalesce(x.hostname, s.hostname) FROM server s LEFT JOIN server_facts x ON x.server = s.local WHERE s.server_id = @serverId",
                        new { serverId }
                    )
                    .AsList();
                if (found is not [var (local, id, had, hostname), ..])
                    return false;
                if (actor == Actor.Agent && had == Normalise(tags))
                    return true;
                if (actor == Actor.Agent && !limit.TryCount(local, HostRefusal.Tags, out _))
                    throw new RefusedException(
                        Refusal.TooMany,
                        $"the limit of {limit.PerHour} changes an hour for this host is reached"
                    )
                    {
                        RetryAfter = limit.Wait,
                    };
                var before = Server.TagsOf(id, had);
                before.RefuseUnless(seen);
                SetTags(change, id, tags);
                if (actor != Actor.Agent)
                    change.Note(
                        "server.tag",
                        $"{hostname}: {tags}",
                        before.ChangesTo(Server.TagsOf(id, Normalise(tags))),
                        ServersOfEntry.Of([hostname])
                    );
                return true;
            }
        );

    /// <summary>Sets tags within a change that does more.</summary>
    public static void SetTags(Change change, string id, string tags)
    {
        if (tags.Length > MaxTags || tags.Any(char.IsControl))
            throw new RefusedException(Refusal.Invalid, $"tags must be one line of at most {MaxTags} characters");
        change.Update(Server.Entity, id, new Fields { { "tags", Normalise(tags) } });
    }

    /// <summary>Tags in the form they are kept: trimmed, none empty, <c>;</c> between them.</summary>
    public static string Normalise(string tags) =>
        string.Join(';', tags.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>What changed about a server, newest first.</summary>
    public IReadOnlyList<ServerEvent> History(string serverId, int limit) =>
        database.Read(session =>
            session.Connection.ExecuteScalar<long?>(
                "SELECT local FROM server WHERE server_id = @serverId",
                new { serverId }
            )
                is { } local
                ? History(session, local, limit, 0)
                : []
        );

    /// <summary>What changed about a server, newest first.</summary>
    public static IReadOnlyList<ServerEvent> History(Session session, long local, int limit, long offset) =>
        [
            .. session
                .Connection.Query<(long At, string What, string Was, string Became)>(
                    "SELECT at, what, was, became FROM server_history WHERE server = @local ORDER BY number DESC LIMIT @limit OFFSET @offset",
                    new
                    {
                        local,
                        limit,
                        offset,
                    }
                )
                .Select(row => new ServerEvent(UnixMicros.ToTime(row.At), row.What, row.Was, row.Became)),
        ];

    /// <summary>How often something changed about a server.</summary>
    public static long CountHistory(Session session, long local) =>
        session.Connection.ExecuteScalar<long>(
            "SELECT count(*) FROM server_history WHERE server = @local",
            new { local }
        );

    /// <summary>Servers that a query matches, as lists show them.</summary>
    public IReadOnlyList<Server> List(ServerQuery query, Offers offers) =>
        database.Read(session => query.Run(session, offers, time.GetUtcNow()));

    private static ServersOfEntry Delete(Change change, string where, object parameters)
    {
        var servers = change
            .Db.Query<(string Id, string Hostname)>(
                $"SELECT s.id, coalesce(x.hostname, s.hostname) {ServerPreview.Joined} WHERE {where}",
                parameters
            )
            .AsList();
        change.Delete(Server.Entity, servers.Select(server => server.Id));
        return ServersOfEntry.Of([.. servers.Select(server => server.Hostname)]);
    }
}
