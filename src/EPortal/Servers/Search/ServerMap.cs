using EPortal.Data;

namespace EPortal.Servers.Search;

/// <summary>What a map shows of a server.</summary>
/// <param name="Group">Its group.</param>
/// <param name="At">When it last checked in, or registered if it never did.</param>
/// <param name="Uptime">Number of the range of its uptime; <see cref="Never"/> before the first check-in.</param>
internal readonly record struct ServerMark(long Group, long At, byte Uptime)
{
    /// <summary>Stands for the uptime of a server that never checked in.</summary>
    public const byte Never = byte.MaxValue;

    /// <summary>Whether it has checked in.</summary>
    public bool HasCalled => Uptime != Never;
}

/// <summary>All servers at a moment, in memory, by their numbers: for counting very many of them at once.</summary>
/// <param name="At">The moment.</param>
/// <param name="Marks">The servers; one without a group is none.</param>
internal sealed record ServerMap(DateTimeOffset At, ServerMark[] Marks)
{
    /// <summary>Reads all servers, without any of their texts.</summary>
    public static ServerMap Read(Session session, DateTimeOffset now)
    {
        var marks = new ServerMark[(long)(session.Scalar("SELECT max(server) FROM server_search") ?? 0L) + 1];
        using var row = session.Query(
            "SELECT x.server, x.grp, coalesce(c.at, x.registered), c.uptime FROM server_search x LEFT JOIN server_checkin c ON c.server = x.server"
        );
        while (row.Read())
            marks[row.GetInt64(0)] = new ServerMark(
                row.GetInt64(1),
                row.GetInt64(2),
                row.IsDBNull(3) ? ServerMark.Never : UptimeRange.IndexOf(row.GetInt64(3))
            );
        return new ServerMap(now, marks);
    }
}

/// <summary>Keeps the last map.</summary>
internal sealed partial class ServerMaps(Database database, TimeProvider time, ILogger<ServerMaps> logger)
    : BackgroundSnapshot<ServerMap>(time)
{
    /// <inheritdoc/>
    protected override ServerMap Look(DateTimeOffset now) => database.Read(session => ServerMap.Read(session, now));

    /// <inheritdoc/>
    [LoggerMessage(Level = LogLevel.Warning, Message = "The servers could not be read: {Reason}")]
    protected override partial void Failed(string reason);
}
