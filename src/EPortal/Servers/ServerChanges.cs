using EPortal.Data;

namespace EPortal.Servers;

/// <summary>What operations did to hosts that were there already, and whether they touched keys or feeds.</summary>
internal sealed class ServerChanges
{
    /// <summary>Hosts that were deleted.</summary>
    public HashSet<EntityId> Deleted { get; } = [];

    /// <summary>Hosts that were changed.</summary>
    public List<string> Changed { get; } = [];

    /// <summary>Whether keys or feeds may be others.</summary>
    public bool Keys { get; private set; }

    /// <summary>Whether any host is concerned.</summary>
    public bool Any => Deleted.Count + Changed.Count > 0;

    /// <summary>Reads the operations after <paramref name="number"/>.</summary>
    public static ServerChanges After(Session session, long number)
    {
        var changes = new ServerChanges();
        using var row = session.Query(
            """
            SELECT entity, content FROM operation WHERE number > @number
            AND (entity IN ('key', 'feed') OR (entity = 'server' AND substr(content, 1, 14) <> '{"do":"create"'))
            """,
            ("@number", number)
        );
        while (row.Read())
        {
            if (row.GetString(0) != Server.Entity.Name)
                changes.Keys = true;
            else
                changes.Add(OperationJson.Read(default, 0, Server.Entity.Name, row.GetString(1)));
        }

        return changes;
    }

    private void Add(Operation operation)
    {
        if (operation.Kind == OperationKind.Delete)
            Deleted.UnionWith(operation.Subjects.Select(EntityId.Parse));
        else
            Changed.AddRange(operation.Subjects);
    }
}
