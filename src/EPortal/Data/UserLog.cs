using Dapper;

namespace EPortal.Data;

/// <summary>Who makes a change, and from where.</summary>
/// <param name="Name">Account name, <c>cli:NAME</c> for the command line, or <c>agent</c>.</param>
/// <param name="Address">Network address, where there is one.</param>
internal sealed record Actor(string Name, string? Address = null)
{
    /// <summary>A host's agent. What agents do stands in the servers' history, not in the user log.</summary>
    public static readonly Actor Agent = new("agent");

    /// <summary>The portal itself, which fetches from the patch source and fills feeds.</summary>
    public static readonly Actor Portal = new("portal");

    /// <summary>How names of people at the command line begin.</summary>
    public const string CommandLinePrefix = "cli:";

    /// <summary>The person at the command line.</summary>
    public static Actor CommandLine(string user) => new(CommandLinePrefix + user);
}

/// <summary>A line of the user log.</summary>
internal sealed record UserLogEntry(DateTimeOffset At, string Actor, string? Address, string Action, string Detail);

/// <summary>Who did what, from where; written with the change it tells of, read newest first.</summary>
internal static class UserLog
{
    /// <summary>How the store sees a line.</summary>
    public static readonly EntityType Entity = new("user_log", "at", "actor", "address", "action", "detail");

    /// <summary>The newest lines.</summary>
    public static IReadOnlyList<UserLogEntry> Latest(Session session, int limit) => new UserLogQuery { Limit = limit }.Run(session);
}

/// <summary>Which lines of the user log to read; newest first.</summary>
internal sealed record UserLogQuery
{
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

    /// <summary>Always with both ends of time, so that lines are read along their index and not sorted.</summary>
    private const string Chosen =
        """
        WHERE at >= @since AND at < @before
          AND (@Actor IS NULL OR actor = @Actor) AND (@Action IS NULL OR substr(action, 1, length(@Action)) = @Action)
        """;

    /// <summary>Runs it.</summary>
    public IReadOnlyList<UserLogEntry> Run(Session session) =>
        [.. session.Connection.Query<(long At, string Actor, string? Address, string Action, string Detail)>(
            $"SELECT at, actor, address, action, detail FROM user_log {Chosen} ORDER BY at DESC, stamp DESC, id DESC LIMIT @Limit OFFSET @Offset",
            new { Actor, Action, since = TimeOr(Since, long.MinValue), before = TimeOr(Before, long.MaxValue), Limit, Offset })
            .Select(row => new UserLogEntry(Micros.ToTime(row.At), row.Actor, row.Address, row.Action, row.Detail))];

    /// <summary>How many lines there are in all; at <paramref name="most"/> the counting ends.</summary>
    public long Count(Session session, long most) => session.Connection.ExecuteScalar<long>(
        $"SELECT count(*) FROM (SELECT 1 FROM user_log {Chosen} LIMIT @most)", new { Actor, Action, since = TimeOr(Since, long.MinValue), before = TimeOr(Before, long.MaxValue), most });

    private static long TimeOr(DateTimeOffset? time, long end) => time is { } at ? Micros.Of(at) : end;
}
