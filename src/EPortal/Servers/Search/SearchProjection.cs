using EPortal.Data;

namespace EPortal.Servers.Search;

/// <summary>
/// Keeps the tables that lists, filters and counts read, from the servers and what they reported: <c>server_search</c>
/// (a row a server), <c>server_group</c> (how many servers of a key have a profile), <c>server_profile</c> (what they
/// run) and the tags. A check-in that brings nothing new touches none of them.
/// <para>
/// Rows of <c>server_search</c> are made in the order of the servers' numbers. When very many hosts register, theirs
/// are put off, because they cost more than the registrations; <see cref="SearchBacklog"/> makes them later. The
/// servers without one are always the newest.
/// </para>
/// </summary>
internal sealed class SearchProjection : EntityProjection
{
    /// <summary>A server's profile before its first check-in.</summary>
    private const long NoProfile = 0;

    private const string Newer = "s.local > coalesce((SELECT max(server) FROM server_search), 0)";

    /// <inheritdoc/>
    public override void Written(Change change, string id, IReadOnlyList<string> fields)
    {
        var session = change.Session;
        if (ReadOrNull(session, "s.id = @id", ("@id", id)) is not { } row)
            return;
        if (fields.Contains("tags"))
            TagTables.Set(session, row.Local, row.Tags);
        if (row.Group is { } group)
            Update(session, row, group, fields);
        else if (!change.TryDefer() && !(change.MayHaveDeferred && IsOlderMissing(session, row.Local)))
            Add(session, row);
    }

    /// <inheritdoc/>
    public override void Deleting(Change change, string id)
    {
        if (ReadOrNull(change.Session, "s.id = @id", ("@id", id)) is not { } row)
            return;
        TagTables.Set(change.Session, row.Local, "");
        if (row.Group is not { } group)
            return;
        change.Session.Execute("DELETE FROM server_search WHERE server = @server", ("@server", row.Local));
        ProfileTables.Leave(change.Session, group, row.Profile);
    }

    /// <summary>Takes over what a server reported; it has been written to <c>server_facts</c>.</summary>
    /// <param name="session">The writer's session.</param>
    /// <param name="local">This node's number of the server.</param>
    public static void Reported(Session session, long local)
    {
        if (ReadOrNull(session, "s.local = @server", ("@server", local)) is { Group: { } group } row)
            Put(session, row, group);
    }

    /// <summary>Makes rows that were put off, in order; gives how many.</summary>
    /// <param name="session">The writer's session.</param>
    /// <param name="most">So many at the most.</param>
    public static int AddMissing(Session session, int most)
    {
        var missing = new List<long>();
        using (
            var row = session.Query(
                $"SELECT s.local FROM server s WHERE {Newer} ORDER BY s.local LIMIT @most",
                ("@most", most)
            )
        )
        {
            while (row.Read())
                missing.Add(row.GetInt64(0));
        }

        foreach (var local in missing)
            Add(session, ReadOrNull(session, "s.local = @server", ("@server", local))!);
        return missing.Count;
    }

    /// <summary>About how many servers have no row yet.</summary>
    public static long CountMissing(Session session) =>
        (long)
            session.Scalar(
                "SELECT coalesce((SELECT max(local) FROM server), 0) - coalesce((SELECT max(server) FROM server_search), 0)"
            )!;

    private static bool IsOlderMissing(Session session, long local) =>
        session.Scalar($"SELECT 1 FROM server s WHERE {Newer} AND s.local < @server LIMIT 1", ("@server", local))
            is not null;

    private static void Add(Session session, Row row)
    {
        var profile = row.HasReported ? ProfileTables.ProfileOf(session, row.Local) : NoProfile;
        var group = ProfileTables.GroupOf(session, row.Key, profile);
        session.Execute(
            "INSERT INTO server_search (server, grp, hostname, ip, registered, updated) VALUES (@server, @group, @hostname, @ip, @registered, @updated)",
            ("@server", row.Local),
            ("@group", group),
            ("@hostname", row.Hostname),
            ("@ip", row.Ip),
            ("@registered", row.Registered),
            ("@updated", row.Updated)
        );
        ProfileTables.Enter(session, group);
    }

    private static void Update(Session session, Row row, long group, IReadOnlyList<string> fields)
    {
        if (fields.Any(field => field != "tags"))
            Put(session, row, group);
    }

    private static void Put(Session session, Row row, long group)
    {
        var profile = row.HasReported ? ProfileTables.ProfileOf(session, row.Local) : NoProfile;
        var now = ProfileTables.GroupOf(session, row.Key, profile);
        session.Execute(
            "UPDATE server_search SET grp = @group, hostname = @hostname, ip = @ip, registered = @registered, updated = @updated WHERE server = @server",
            ("@group", now),
            ("@hostname", row.Hostname),
            ("@ip", row.Ip),
            ("@registered", row.Registered),
            ("@updated", row.Updated),
            ("@server", row.Local)
        );
        if (now == group)
            return;
        ProfileTables.Enter(session, now);
        ProfileTables.Leave(session, group, row.Profile);
    }

    private static Row? ReadOrNull(Session session, string where, (string, object?) parameter)
    {
        using var row = session.Query(
            $"""
            SELECT s.local, s.key, coalesce(f.hostname, s.hostname), coalesce(f.ip, s.ip), s.registered, s.tags, f.server, f.updated, x.grp, g.profile
            FROM server s
            LEFT JOIN server_facts f ON f.server = s.local
            LEFT JOIN server_search x ON x.server = s.local
            LEFT JOIN server_group g ON g.id = x.grp
            WHERE {where}
            """,
            parameter
        );
        if (!row.Read())
            return null;
        return new Row(
            row.GetInt64(0),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            row.GetInt64(4),
            row.GetString(5),
            !row.IsDBNull(6),
            row.IsDBNull(7) ? null : row.GetInt64(7),
            row.IsDBNull(8) ? null : row.GetInt64(8),
            row.IsDBNull(9) ? NoProfile : row.GetInt64(9)
        );
    }

    /// <summary>A server as it is, with the group in which it is counted.</summary>
    private sealed record Row(
        long Local,
        string Key,
        string Hostname,
        string Ip,
        long Registered,
        string Tags,
        bool HasReported,
        long? Updated,
        long? Group,
        long Profile
    );
}
