using EPortal.Data;
using EPortal.Feeds;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>Servers that have something in common, as a row or a segment.</summary>
/// <param name="Title">What they have in common.</param>
/// <param name="Servers">How many.</param>
/// <param name="Filters">The selection narrowed to them; null for what is left over.</param>
internal sealed record OverviewRow(string Title, long Servers, ServerFilters? Filters);

/// <summary>What the overview of a selection of servers shows.</summary>
/// <param name="Filters">The selection.</param>
/// <param name="Feeds">Names of all feeds, to choose from.</param>
/// <param name="Total">How many servers there are.</param>
/// <param name="AsOf">The moment it shows, where that is not now.</param>
/// <param name="Uptimes">By uptime.</param>
/// <param name="Machines">By machine.</param>
/// <param name="Distros">By distribution.</param>
/// <param name="Kernels">By installed kernel.</param>
/// <param name="Eunames">By effective kernel.</param>
/// <param name="Problem">Why there is nothing to see.</param>
internal sealed record OverviewModel(
    ServerFilters Filters,
    IReadOnlyList<string> Feeds,
    long Total,
    DateTimeOffset? AsOf,
    IReadOnlyList<OverviewRow> Uptimes,
    IReadOnlyList<OverviewRow> Machines,
    IReadOnlyList<OverviewRow> Distros,
    IReadOnlyList<OverviewRow> Kernels,
    IReadOnlyList<OverviewRow> Eunames,
    string? Problem
)
{
    private const int Most = 10;
    private const string NotTold = "not reported";

    /// <summary>Counts a selection.</summary>
    public static OverviewModel Read(
        ServerFilters filters,
        Database database,
        Offers offers,
        PatchsetUsage usage,
        DateTimeOffset now,
        ServerMap? map
    ) =>
        database.Read(session =>
        {
            var overview = ServerOverview.Count(session, filters.ToQuery(session, usage), offers.At(session), now, map);
            var profiles = ProfilesOf(session, overview);
            return new OverviewModel(
                filters,
                FeedNames(session),
                profiles.Sum(one => one.Servers),
                overview.AsOf,
                [
                    .. UptimeRange
                        .All.Select(
                            (range, n) =>
                                new OverviewRow(range.Title, overview.Uptimes[n], filters.With("uptime", range.Token))
                        )
                        .Where(row => row.Servers > 0),
                ],
                Rows(profiles, one => one.Machine, value => Narrowed(filters, ("machine", value)), value => value),
                Rows(
                    profiles,
                    one => (one.Distro, one.DistroVersion),
                    value => Narrowed(filters, ("distro", value.Distro), ("distro_version", value.DistroVersion)),
                    value => $"{value.Distro} {value.DistroVersion}".Trim()
                ),
                Rows(profiles, one => one.Release, value => Narrowed(filters, ("release", value)), value => value),
                Rows(profiles, one => one.Euname, value => Narrowed(filters, ("euname", value)), value => value),
                Problem: null
            );
        });

    /// <summary>The overview when it cannot be made as asked for.</summary>
    public static OverviewModel Refused(ServerFilters filters, Database database, string problem) =>
        new(filters, database.Read(FeedNames), 0, null, [], [], [], [], [], problem);

    private static List<(ServerProfile Profile, long Servers)> ProfilesOf(Session session, ServerOverview overview) =>
        [
            .. ServerProfile
                .Read(session)
                .Where(profile => overview.Profiles.ContainsKey(profile.Id))
                .Select(profile => (profile, overview.Profiles[profile.Id])),
        ];

    /// <summary>The most frequent, then all others together.</summary>
    private static List<OverviewRow> Rows<T>(
        List<(ServerProfile Profile, long Servers)> profiles,
        Func<ServerProfile, T> what,
        Func<T, ServerFilters> narrowed,
        Func<T, string> title
    )
    {
        var rows = profiles
            .GroupBy(one => what(one.Profile), one => one.Servers)
            .Select(value => new OverviewRow(
                title(value.Key) is { Length: > 0 } text ? text : NotTold,
                value.Sum(),
                narrowed(value.Key)
            ))
            .OrderByDescending(row => row.Servers)
            .ThenBy(row => row.Title, StringComparer.Ordinal)
            .ToList();
        return rows.Count <= Most
            ? rows
            :
            [
                .. rows.Take(Most),
                new OverviewRow($"{rows.Count - Most} others", rows.Skip(Most).Sum(row => row.Servers), null),
            ];
    }

    private static ServerFilters Narrowed(
        ServerFilters filters,
        params IEnumerable<(string Name, string Value)> more
    ) =>
        more.Aggregate(
            filters,
            (narrowed, one) => narrowed.With(one.Name, one.Value.Length == 0 ? ProfileFilter.NotTold : one.Value)
        );

    private static IReadOnlyList<string> FeedNames(Session session) =>
        [.. FeedStore.List(session).Select(feed => feed.Name)];
}
