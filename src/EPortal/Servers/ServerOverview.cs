using System.Data;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Servers;

/// <summary>How many servers of a selection have which profile and have been up for how long.</summary>
internal sealed class ServerOverview
{
    private readonly Dictionary<long, long> _groups = [];
    private readonly long[] _uptimes = new long[UptimeRange.All.Count];

    /// <summary>Servers by group.</summary>
    public IReadOnlyDictionary<long, long> Groups => _groups;

    /// <summary>Servers by range of uptime.</summary>
    public IReadOnlyList<long> Uptimes => _uptimes;

    /// <summary>The moment it shows, where that is not now.</summary>
    public DateTimeOffset? AsOf { get; private init; }

    /// <summary>Whether a selection is one of so many servers that it is counted on a map.</summary>
    public static bool NeedsMap(Session session) => ServerGroups.Total(session) > ServerQuery.ManyFrom;

    /// <summary>Counts.</summary>
    /// <param name="session">The snapshot.</param>
    /// <param name="query">The selection.</param>
    /// <param name="offers">What feeds offer.</param>
    /// <param name="now">The time.</param>
    /// <param name="map">All servers; null to read what is counted from the store.</param>
    public static ServerOverview Count(Session session, ServerQuery query, OfferTable offers, DateTimeOffset now, ServerMap? map)
    {
        var filter = new SelectionFilter(session, query, offers, now);
        if (map is null)
            return CountHere(filter, filter.Matching(filter.Conditions));
        return filter.Groups is null && filter.Conditions.Count == 0 ? CountOn(map, filter)
            : new OrderedSelection(filter, ServerOrder.Default).AllOrNull is { } few ? CountFew(filter, few)
            : CountOn(map, filter);
    }

    private static ServerOverview CountFew(SelectionFilter filter, IReadOnlyList<long> servers)
    {
        filter.Parameters.Add("counted", System.Text.Json.JsonSerializer.Serialize(servers));
        return CountHere(filter, "SELECT value AS server FROM json_each(@counted)");
    }

    private static ServerOverview CountHere(SelectionFilter filter, string servers)
    {
        var overview = new ServerOverview();
        using var row = filter.Session.Connection.ExecuteReader(
            $"SELECT y.grp, c.uptime FROM ({servers}) m CROSS JOIN server_search y ON y.server = m.server LEFT JOIN server_checkin c ON c.server = m.server", filter.Parameters);
        while (row.Read())
            overview.Add(new ServerMark(row.GetInt64(0), 0, row.IsDBNull(1) ? ServerMark.Never : UptimeRange.IndexOf(row.GetInt64(1))));
        return overview;
    }

    private static ServerOverview CountOn(ServerMap map, SelectionFilter filter)
    {
        var overview = new ServerOverview { AsOf = map.At };
        var groups = filter.Groups?.Select(group => group.Id).ToHashSet();
        var seen = filter.Conditions.Select(one => one.Seen).OfType<Func<ServerMark, bool>>().ToList();
        foreach (var mark in MarksOf(map, filter))
        {
            if (mark.Group != 0 && groups?.Contains(mark.Group) != false && seen.TrueForAll(condition => condition(mark)))
                overview.Add(mark);
        }

        return overview;
    }

    /// <summary>Of what the map does not show, the store tells which servers are meant.</summary>
    private static IEnumerable<ServerMark> MarksOf(ServerMap map, SelectionFilter filter)
    {
        var others = filter.Conditions.Where(one => one.Seen is null).ToList();
        return others.Count == 0 ? map.Marks : Found(map, filter, filter.Matching(others, inGroups: false));
    }

    private static IEnumerable<ServerMark> Found(ServerMap map, SelectionFilter filter, string servers)
    {
        using var row = filter.Session.Connection.ExecuteReader(servers, filter.Parameters);
        while (row.Read())
        {
            if (row.GetInt64(0) is var server && server < map.Marks.Length)
                yield return map.Marks[server];
        }
    }

    private void Add(ServerMark mark)
    {
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_groups, mark.Group, out _)++;
        if (mark.HasCalled)
            _uptimes[mark.Uptime]++;
    }
}
