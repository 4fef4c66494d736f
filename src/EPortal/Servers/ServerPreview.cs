using Dapper;
using EPortal.Data;
using EPortal.Servers.CheckIns;

namespace EPortal.Servers;

/// <summary>Finds the servers that a deletion would take, by the same conditions.</summary>
internal sealed class ServerPreview(Database database, TimeProvider time)
{
    /// <summary>The servers with what they reported and when they did.</summary>
    public const string Joined =
        "FROM server s LEFT JOIN server_facts x ON x.server = s.local LEFT JOIN server_checkin c ON c.server = s.local";

    /// <summary>Those of a host name, address and id, each of which may be null for any.</summary>
    public const string Named = """
        (@hostname IS NULL OR coalesce(x.hostname, s.hostname) = @hostname)
        AND (@ip IS NULL OR coalesce(x.ip, s.ip) = @ip) AND (@serverId IS NULL OR s.server_id = @serverId)
        """;

    /// <summary>
    /// Those that did not check in since <c>@before</c>; <c>@since</c> lists who did, where that is not in the table
    /// yet.
    /// </summary>
    public static string Inactive(SqlDialect dialect) =>
        $"coalesce(c.at, s.registered) < @before AND s.local NOT IN (SELECT value FROM {dialect.Numbers("@since")} v)";

    /// <summary>Servers <see cref="ServerStore.Delete(Actor, string?, string?, string?)"/> would delete.</summary>
    public DeletedServers OfDelete(string? hostname, string? ip, string? serverId) =>
        database.Read(session =>
            Find(
                session,
                Named,
                new
                {
                    hostname,
                    ip,
                    serverId,
                }
            )
        );

    /// <summary>Servers <see cref="ServerStore.CleanInactive(Actor, int)"/> would delete.</summary>
    /// <exception cref="RefusedException">The days are less than one or more than a century.</exception>
    public DeletedServers OfClean(int days)
    {
        var age = TimeSpan.FromDays(Math.Clamp(days, 0, ServerStore.MaxDays + 1));
        CheckAge(age);
        var before = UnixMicros.Of(time.GetUtcNow() - age);
        return database.Read(session =>
            Find(session, Inactive(session.Dialect), new { before, since = CheckInLog.Since(session, before) })
        );
    }

    /// <summary>Refuses an age of inactive servers that is less than a day or more than a century.</summary>
    /// <exception cref="RefusedException">It is.</exception>
    public static void CheckAge(TimeSpan age)
    {
        if (age.TotalDays is < 1 or > ServerStore.MaxDays)
            throw new RefusedException(Refusal.Invalid, $"invalid number of days: use 1 to {ServerStore.MaxDays}");
    }

    private static DeletedServers Find(Session session, string where, object parameters) =>
        new(
            session.Connection.ExecuteScalar<long>($"SELECT count(*) {Joined} WHERE {where}", parameters),
            [
                .. session
                    .Connection.Query<(string Id, string Hostname, string Ip)>(
                        $"""
                        SELECT s.server_id, coalesce(x.hostname, s.hostname), coalesce(x.ip, s.ip)
                        {Joined} WHERE {where} ORDER BY 2, 1 LIMIT {DeletedServers.Most}
                        """,
                        parameters
                    )
                    .Select(row => new DeletedServer(row.Id, row.Hostname, row.Ip)),
            ]
        );
}

/// <summary>A server that would be deleted.</summary>
internal sealed record DeletedServer(string Id, string Hostname, string Ip);

/// <summary>Servers that would be deleted: how many, and the first of them by name.</summary>
internal sealed record DeletedServers(long Count, IReadOnlyList<DeletedServer> First)
{
    /// <summary>So many are named at most.</summary>
    public const int Most = 1000;
}
