using Dapper;

namespace EPortal.Data;

/// <summary>Which lines of the user log to read; newest first.</summary>
internal sealed record UserLogQuery
{
    private const string Newest = "ORDER BY at DESC, stamp DESC, id DESC";
    private const string Begins = "substr(action, 1, length(@Action)) = @Action";

    /// <summary>Kinds of action that are read each for itself; there are some thirty in all.</summary>
    private const int MostActions = 100;

    /// <summary>Who did it.</summary>
    public string? Actor { get; init; }

    /// <summary>What was done, or how it begins.</summary>
    public string? Action { get; init; }

    /// <summary>Not before this.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Before this.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Lines at the most.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Lines to pass over.</summary>
    public int Offset { get; init; }

    /// <summary>Runs it.</summary>
    public IReadOnlyList<UserLogEntry> Run(Session session)
    {
        var (parts, values) = Parts(session, (long)Offset + Limit);
        if (parts.Count == 0)
            return [];
        var newest = parts.Select(part =>
            $"SELECT * FROM (SELECT id, stamp, at, actor, address, action, detail, more FROM user_log WHERE {part} {Newest} LIMIT @Needed) x"
        );
        return
        [
            .. session
                .Connection.Query<Row>(
                    $"SELECT * FROM ({string.Join(" UNION ALL ", newest)}) y {Newest} LIMIT @Limit OFFSET @Offset",
                    values
                )
                .Select(row => row.ToEntry()),
        ];
    }

    /// <summary>How many lines there are in all; at <paramref name="most"/> the counting ends.</summary>
    public long Count(Session session, long most)
    {
        var (parts, values) = Parts(session, most);
        return Math.Min(
            most,
            parts.Sum(part =>
                session.Connection.ExecuteScalar<long>(
                    $"SELECT count(*) FROM (SELECT 1 FROM user_log WHERE {part} LIMIT @Needed) x",
                    values
                )
            )
        );
    }

    /// <summary>
    /// Conditions that share the lines out, and their parameters. Each is read along an index, of all lines, of one
    /// actor's or of one action's, so that a few lines among very many are found without reading the others.
    /// </summary>
    private (IReadOnlyList<string> Conditions, DynamicParameters Values) Parts(Session session, long needed)
    {
        const string span = "at >= @since AND at < @before";
        var values = new DynamicParameters(
            new
            {
                Actor,
                Action,
                since = TimeOr(Since, long.MinValue),
                before = TimeOr(Before, long.MaxValue),
                Needed = needed,
                Limit,
                Offset,
            }
        );
        if (Actor is not null)
            return ([$"actor = @Actor AND {span} AND (@Action IS NULL OR {Begins})"], values);
        if (Action is null)
            return ([span], values);
        var actions = Actions(session, Action);
        if (actions.Count > MostActions)
            return ([$"{span} AND {Begins}"], values);
        for (var number = 0; number < actions.Count; number++)
            values.Add($"action{number}", actions[number]);
        return ([.. actions.Select((_, number) => $"action = @action{number} AND {span}")], values);
    }

    /// <summary>Kinds of action that begin so: from one to the next along their index.</summary>
    private static List<string> Actions(Session session, string action) =>
        session
            .Connection.Query<string>(
                $"""
                WITH RECURSIVE kind (action) AS (
                  SELECT min(action) FROM user_log WHERE action >= @Action
                  UNION ALL
                  SELECT (SELECT min(l.action) FROM user_log l WHERE l.action > kind.action) FROM kind WHERE {Begins}
                )
                SELECT action FROM kind WHERE {Begins} LIMIT @most
                """,
                new { Action = action, most = MostActions + 1 }
            )
            .AsList();

    private static long TimeOr(DateTimeOffset? time, long end) => time is { } at ? UnixMicros.Of(at) : end;

    private sealed record Row(
        string Id,
        long Stamp,
        long At,
        string Actor,
        string? Address,
        string Action,
        string Detail,
        string More
    )
    {
        public UserLogEntry ToEntry()
        {
            var more = UserLogDetails.Parse(More);
            return new UserLogEntry(UnixMicros.ToTime(At), Actor, Address, Action, Detail, more.Changes, more.Servers);
        }
    }
}
