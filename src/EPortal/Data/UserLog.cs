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

    /// <summary>Stands for somebody who is not known.</summary>
    public const string Nobody = "nobody";

    /// <summary>How names of people at the command line begin.</summary>
    public const string CommandLinePrefix = "cli:";

    /// <summary>The person at the command line.</summary>
    public static Actor CommandLine(string user) => new(CommandLinePrefix + user);
}

/// <summary>A line of the user log.</summary>
/// <param name="At">When.</param>
/// <param name="Actor">Who.</param>
/// <param name="Address">From where.</param>
/// <param name="Action">What was done.</param>
/// <param name="Detail">With what.</param>
/// <param name="Changes">Fields before and after.</param>
/// <param name="Servers">Servers that it is about; null where it is about none.</param>
internal sealed record UserLogEntry(
    DateTimeOffset At,
    string Actor,
    string? Address,
    string Action,
    string Detail,
    IReadOnlyList<FieldChange> Changes,
    ServersOfEntry? Servers
);

/// <summary>Who did what, from where; written with the change it tells of, read newest first.</summary>
internal static class UserLog
{
    /// <summary>How the store sees a line.</summary>
    public static readonly EntityType Entity = new("user_log", "at", "actor", "address", "action", "detail", "more");

    /// <summary>How lines are deleted when they are too old or too many.</summary>
    public static Retention Retention(TimeSpan? maxAge, long? maxRows) =>
        new StampedRetention("user_log", "id", "stamp", maxAge, maxRows);

    /// <summary>The newest lines.</summary>
    public static IReadOnlyList<UserLogEntry> Latest(Session session, int limit) =>
        new UserLogQuery { Limit = limit }.Run(session);
}
