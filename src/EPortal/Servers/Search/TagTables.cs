using EPortal.Data;

namespace EPortal.Servers.Search;

/// <summary>
/// A row for each tag of a server, and how many servers each tag has. Tags that differ only in the case of ASCII
/// letters are one.
/// </summary>
internal static class TagTables
{
    /// <summary>Makes the tags of a server these.</summary>
    /// <param name="session">The writer's session.</param>
    /// <param name="server">This node's number of it.</param>
    /// <param name="tags">The tags as the server's row has them, <c>;</c> between them; empty for none.</param>
    public static void Set(Session session, long server, string tags)
    {
        var wanted = tags.Split(';', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        foreach (var tag in Read(session, server))
        {
            if (!wanted.Remove(tag))
                Remove(session, server, tag);
        }

        foreach (var tag in wanted)
            Add(session, server, tag);
    }

    private static List<string> Read(Session session, long server)
    {
        var tags = new List<string>();
        using var row = session.Query("SELECT tag FROM server_tag WHERE server = @server", ("@server", server));
        while (row.Read())
            tags.Add(row.GetString(0));
        return tags;
    }

    private static void Add(Session session, long server, string tag)
    {
        if (
            session.Execute(
                "INSERT INTO server_tag (tag, server) VALUES (@tag, @server) ON CONFLICT DO NOTHING",
                ("@tag", tag),
                ("@server", server)
            ) == 0
        )
            return;
        session.Execute(
            "INSERT INTO server_tag_count (tag, servers) VALUES (@tag, 1) ON CONFLICT (tag) DO UPDATE SET servers = server_tag_count.servers + 1",
            ("@tag", tag)
        );
    }

    private static void Remove(Session session, long server, string tag)
    {
        session.Execute(
            "DELETE FROM server_tag WHERE tag = @tag AND server = @server",
            ("@tag", tag),
            ("@server", server)
        );
        session.Execute("UPDATE server_tag_count SET servers = servers - 1 WHERE tag = @tag", ("@tag", tag));
        session.Execute("DELETE FROM server_tag_count WHERE tag = @tag AND servers = 0", ("@tag", tag));
    }
}
