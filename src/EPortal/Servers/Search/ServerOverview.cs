using System.Text.Json;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Servers.Search;

/// <summary>How many servers of a selection have which profile and have been up for how long.</summary>
internal sealed class ServerOverview
{
    private readonly Dictionary<long, long> _profiles = [];
    private readonly long[] _uptimes = new long[UptimeRange.All.Count];
    private readonly long[] _groups;
    private readonly IReadOnlyList<ServerGroup> _all;

    private ServerOverview(SelectionFilter filter)
    {
        _all = filter.Groups ?? ServerGroups.Read(filter.Session, null, null);
        _groups = new long[_all.Count == 0 ? 1 : _all.Max(group => group.Id) + 1];
    }

    /// <summary>Servers by number of their profile.</summary>
    public IReadOnlyDictionary<long, long> Profiles => _profiles;

    /// <summary>Servers by range of uptime.</summary>
    public IReadOnlyList<long> Uptimes => _uptimes;

    /// <summary>The moment it shows, where that is not now.</summary>
    public DateTimeOffset? AsOf { get; private init; }

    /// <summary>Whether there are so many servers that they are counted on a map.</summary>
    public static bool NeedsMap(Session session) => ServerGroups.Total(session) > ServerQuery.ManyFrom;

    /// <summary>Counts.</summary>
    /// <param name="session">The snapshot.</param>
    /// <param name="query">The selection.</param>
    /// <param name="offers">What feeds offer.</param>
    /// <param name="now">The time.</param>
    /// <param name="map">All servers; null to read what is counted from the store.</param>
    public static ServerOverview Count(
        Session session,
        ServerQuery query,
        OfferTable offers,
        DateTimeOffset now,
        ServerMap? map
    )
    {
        var filter = new SelectionFilter(session, query, offers, now);
        if (map is null)
            return CountHere(filter, SelectionFilter.Matching(filter.Conditions));
        // Of what the map does not show, the store tells which servers are meant.
        var (others, shown) = (
            filter.Conditions.Where(one => one.Seen is null).ToList(),
            filter.Conditions.Where(one => one.Seen is not null).ToList()
        );
        if (others.Count == 0)
            return filter.Groups is not null && filter.InGroupsCount <= filter.Few
                ? CountHere(
                    filter,
                    $"SELECT x.server FROM {filter.GroupList} d {filter.Session.Dialect.JoinInOrder} server_search x ON x.grp = d.value {SelectionFilter.Where(shown.Select(one => one.Checked(filter.Session.Dialect)))}"
                )
                : CountOn(map, filter, map.Marks);
        var servers = ReadAll(filter, SelectionFilter.Matching(others));
        if (servers.Count > filter.Few)
            return CountOn(
                map,
                filter,
                servers.Where(server => server < map.Marks.Length).Select(server => map.Marks[server])
            );
        filter.Parameters.Add("counted", JsonSerializer.Serialize(servers));
        return CountHere(
            filter,
            $"SELECT x.server FROM {filter.Session.Dialect.Numbers("@counted")} d {filter.Session.Dialect.JoinInOrder} server_search x ON x.server = d.value {SelectionFilter.Where(shown.Select(one => one.Checked(filter.Session.Dialect)))}"
        );
    }

    private static List<long> ReadAll(SelectionFilter filter, string servers)
    {
        var all = new List<long>();
        using var row = filter.Session.Connection.ExecuteReader(servers, filter.Parameters);
        while (row.Read())
            all.Add(row.GetInt64(0));
        return all;
    }

    private static ServerOverview CountHere(SelectionFilter filter, string servers)
    {
        var overview = new ServerOverview(filter);
        using var row = filter.Session.Connection.ExecuteReader(
            $"SELECT y.grp, c.uptime FROM ({servers}) m {filter.Session.Dialect.JoinInOrder} server_search y ON y.server = m.server LEFT JOIN server_checkin c ON c.server = m.server",
            filter.Parameters
        );
        while (row.Read())
        {
            if (filter.Leaves(row.GetInt64(0)))
                overview.Add(
                    new ServerMark(
                        row.GetInt64(0),
                        0,
                        row.IsDBNull(1) ? ServerMark.Never : UptimeRange.IndexOf(row.GetInt64(1))
                    )
                );
        }

        return overview.Summed();
    }

    private static ServerOverview CountOn(ServerMap map, SelectionFilter filter, IEnumerable<ServerMark> marks)
    {
        var overview = new ServerOverview(filter) { AsOf = map.At };
        var shown = filter.Conditions.Select(one => one.Seen).OfType<Func<ServerMark, bool>>().ToArray();
        foreach (var mark in marks)
            overview.AddIf(mark, shown, filter);
        return overview.Summed();
    }

    private void AddIf(ServerMark mark, Func<ServerMark, bool>[] shown, SelectionFilter filter)
    {
        if (mark.Group == 0 || !filter.Leaves(mark.Group))
            return;
        foreach (var condition in shown)
        {
            if (!condition(mark))
                return;
        }

        Add(mark);
    }

    private void Add(ServerMark mark)
    {
        // A group that is gone since the map was made counts no more.
        if (mark.Group >= _groups.Length)
            return;
        _groups[mark.Group]++;
        if (mark.HasCalled)
            _uptimes[mark.Uptime]++;
    }

    private ServerOverview Summed()
    {
        foreach (var group in _all.Where(group => _groups[group.Id] > 0))
            _profiles[group.Profile] = _profiles.GetValueOrDefault(group.Profile) + _groups[group.Id];
        return this;
    }
}
