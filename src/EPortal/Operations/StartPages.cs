using EPortal.Api;
using EPortal.Data;
using EPortal.Servers;
using EPortal.Servers.Search;
using EPortal.WebConsole;

namespace EPortal.Operations;

/// <summary>The console's first page.</summary>
internal static class StartPages
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPage("", Show);

    /// <summary>Address of a list of servers.</summary>
    /// <param name="status">State of the servers; null for any.</param>
    /// <param name="feed">Feed that they follow; null for any.</param>
    public static string ServersOf(ServerCondition? status, string? feed = null)
    {
        var query = string.Join(
            '&',
            new[] { ("feed", feed), ("status", status?.Token()) }
                .Where(pair => pair.Item2 is not null)
                .Select(pair => $"{pair.Item1}={Uri.EscapeDataString(pair.Item2!)}")
        );
        return query.Length == 0 ? "/admin/servers" : $"/admin/servers?{query}";
    }

    private static async Task<IResult> Show(
        ApiParameters parameters,
        FleetSnapshot picture,
        Attention attention,
        Database database,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        var fleet = await picture.GetNew(cancel);
        var range = CheckInRange.Of(parameters.Text("checkins"));
        var now = time.GetUtcNow();
        var (points, counts, steps) = database.Read(session =>
            (CheckInHistory.Read(session, range, now), ServerStats.Read(session, range, now), FirstSteps.Read(session))
        );
        return ConsoleRoutes.Show<StartPage, StartModel>(
            new StartModel(fleet, attention.Look(fleet), range, points, counts, steps)
        );
    }
}

/// <summary>What the first page shows.</summary>
/// <param name="Fleet">The fleet; null while it could not be counted.</param>
/// <param name="Notices">What needs attention.</param>
/// <param name="Range">How far back the chart reaches.</param>
/// <param name="Checkins">Its points, oldest first.</param>
/// <param name="Counts">Counts of servers over the same time, oldest first.</param>
/// <param name="Steps">What there is already of what a portal needs.</param>
internal sealed record StartModel(
    Fleet? Fleet,
    IReadOnlyList<Notice> Notices,
    CheckInRange Range,
    IReadOnlyList<CheckInSpan> Checkins,
    IReadOnlyList<ServerStatsPoint> Counts,
    FirstSteps Steps
)
{
    /// <summary>Most feeds that are shown one by one.</summary>
    public const int MaxFeeds = 20;

    /// <summary>Seconds after which a visible page refreshes its counts.</summary>
    public const int RefreshSeconds = 20;

    /// <summary>Most notices that are shown.</summary>
    public const int MaxNotices = 12;

    /// <summary>All servers.</summary>
    public ServerCounts All { get; } =
        (Fleet?.Servers.Values ?? []).Aggregate(ServerCounts.None, (sum, counts) => sum.Plus(counts));

    /// <summary>The feeds with the most servers.</summary>
    public IReadOnlyList<KeyValuePair<string, ServerCounts>> Feeds { get; } =
    [
        .. (Fleet?.Servers ?? new Dictionary<string, ServerCounts>())
            .OrderByDescending(feed => feed.Value.Total)
            .ThenBy(feed => feed.Key, StringComparer.Ordinal)
            .Take(MaxFeeds),
    ];
}

/// <summary>What a new portal needs until it protects a host, in this order.</summary>
/// <param name="HasKey">Hosts can register.</param>
/// <param name="HasPatchset">There is something to offer.</param>
/// <param name="HasServer">A host has registered.</param>
internal sealed record FirstSteps(bool HasKey, bool HasPatchset, bool HasServer)
{
    /// <summary>Whether all are done.</summary>
    public bool AreDone => HasKey && HasPatchset && HasServer;

    /// <summary>Reads them.</summary>
    public static FirstSteps Read(Session session) =>
        new(
            Has(session, "SELECT EXISTS (SELECT 1 FROM key WHERE shadowed = 0)"),
            Has(session, "SELECT EXISTS (SELECT 1 FROM patchset_copy)"),
            Has(session, "SELECT EXISTS (SELECT 1 FROM server)")
        );

    private static bool Has(Session session, string question) => (long)session.Scalar(question)! != 0;
}
