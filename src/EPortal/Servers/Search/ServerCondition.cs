namespace EPortal.Servers.Search;

/// <summary>The status of a server as people see it: one that is inactive counts as nothing else.</summary>
internal enum ServerCondition
{
    /// <summary>Runs the level that its feed offers.</summary>
    UpToDate,

    /// <summary>Runs another level than its feed offers.</summary>
    Outdated,

    /// <summary>Its feed offers nothing for its kernel.</summary>
    Unsupported,

    /// <summary>Has not checked in for 48 hours.</summary>
    Inactive,
}

/// <summary>Names of the conditions.</summary>
internal static class ServerConditions
{
    /// <summary>All, with the names that addresses and people know.</summary>
    public static readonly IReadOnlyList<(ServerCondition Condition, string Token, string Title)> All =
    [
        (ServerCondition.UpToDate, "uptodate", "Up to date"),
        (ServerCondition.Outdated, "outdated", "Outdated"),
        (ServerCondition.Unsupported, "unsupported", "Unsupported"),
        (ServerCondition.Inactive, "inactive", "Inactive"),
    ];

    /// <summary>
    /// The condition of that name, or of another name that saved addresses, scripts and the API have for it; null for
    /// an unknown name.
    /// </summary>
    public static ServerCondition? ParseOrNull(string token) =>
        token switch
        {
            "silent" => ServerCondition.Inactive,
            "outofdate" => ServerCondition.Outdated,
            "up_to_date" => ServerCondition.UpToDate,
            _ => All.Where(one => one.Token == token).Select(one => (ServerCondition?)one.Condition).FirstOrDefault(),
        };

    /// <summary>The condition of a server.</summary>
    public static ServerCondition ConditionOf(this Server server) =>
        server.Inactive ? ServerCondition.Inactive : (ServerCondition)server.Status;

    /// <summary>What people call it.</summary>
    public static string Title(this ServerCondition condition) => All[(int)condition].Title;

    /// <summary>Its name in addresses.</summary>
    public static string Token(this ServerCondition condition) => All[(int)condition].Token;
}
