using System.Text.Json;
using Dapper;
using EPortal.Data;

namespace EPortal.Servers;

/// <summary>
/// The servers that a query means, without what is told of them: numbers and counts, from narrow tables and by an index for
/// every filter. What is the same for many servers (key, feed, whether they are up to date) is judged once a group.
/// </summary>
internal sealed class ServerSelection
{
    private const string Search = "server_search x";
    private const string Checkins = "server_checkin x";
    private const string Tags = "server_tag x";

    private readonly Session _session;
    private readonly IReadOnlyList<ServerGroup>? _groups;
    private readonly bool _byKey;
    private readonly List<string> _conditions = [];
    private readonly DynamicParameters _parameters = new();
    private readonly string _from;
    private string _order = "x.server";

    /// <summary>Prepares it on a snapshot.</summary>
    public ServerSelection(Session session, ServerQuery query, Feeds.OfferTable offers, DateTimeOffset now)
    {
        _session = session;
        (_groups, _byKey) = GroupsOf(session, query, offers);
        var narrow = _groups is null && query is { Hostname: null, Ip: null, Registered: null, Updated: null };
        _from = SourceOf(query, narrow);
        AddNames(query);
        AddTimes(query, now);
        if (query.ServerId is not null)
            Add("x.server = (SELECT s.local FROM server s WHERE s.server_id = @serverId)", ("serverId", query.ServerId));
        AddTag(query);
    }

    /// <summary>How many.</summary>
    public long Count()
    {
        if (_conditions.Count == 0)
            return _groups?.Sum(group => group.Servers) ?? ServerGroups.Total(_session);
        return _session.Connection.ExecuteScalar<long>($"SELECT count(*) FROM {_from} WHERE {WithGroups()}", _parameters);
    }

    /// <summary>Their numbers in an order that stays: by what is searched for where an index has it so, else as they registered.</summary>
    public IReadOnlyList<long> Page(int limit, long offset)
    {
        if (_conditions.Count == 0 && _groups is not null)
            return PageOfGroups(_groups, limit, offset);
        _parameters.Add("limit", limit);
        _parameters.Add("offset", offset);
        var where = _conditions.Count == 0 ? "" : $"WHERE {WithGroups()}";
        return _session.Connection.Query<long>($"SELECT x.server FROM {_from} {where} ORDER BY {_order} LIMIT @limit OFFSET @offset", _parameters).AsList();
    }

    /// <summary>The groups that the query leaves, and whether each key is left whole or not at all; null when it leaves all.</summary>
    private static (IReadOnlyList<ServerGroup>? Groups, bool ByKey) GroupsOf(Session session, ServerQuery query, Feeds.OfferTable offers)
    {
        var groups = ServerGroups.Read(session, query.Key, query.Feed);
        if (query.IsUpdated is { } updated)
            return ([.. groups.Where(group => group.StatusIn(offers) == (updated ? ServerStatus.UpToDate : ServerStatus.Outdated))], false);
        // Without a filter there is only one reason to leave any out: keys that are not in force.
        return query.Key is null && query.Feed is null && groups.Sum(group => group.Servers) == ServerGroups.Total(session)
            ? (null, true)
            : (groups, true);
    }

    private void AddNames(ServerQuery query)
    {
        if (query.Ip is not null)
            Add(new NamePattern(query.Ip), "ip");
        if (query.Hostname is not null)
            Add(new NamePattern(query.Hostname), "hostname");
    }

    private void Add(NamePattern pattern, string column)
    {
        if (pattern.IsAnything)
            return;
        Add(pattern.Condition($"x.{column}", column), ($"{column}Prefix", pattern.Prefix), ($"{column}Last", pattern.Last), ($"{column}Like", pattern.Like));
        _order = $"x.{column}, x.server";
    }

    private void AddTimes(ServerQuery query, DateTimeOffset now)
    {
        AddTime(query.Registered, "x.registered", "registered", now);
        AddTime(query.Updated, "x.updated", "updated", now);
        if (query.Checkin is { } checkin)
            AddCheckin(checkin, now);
    }

    /// <summary>A row whose server has a later check-in in the log is not up to date, so those count as of now.</summary>
    private void AddCheckin(Period period, DateTimeOffset now)
    {
        var (rows, time) = (_from == Checkins ? "x" : "c", period.Before(now));
        var since = $"{rows}.server {(period.Within ? "IN" : "NOT IN")} (SELECT value FROM json_each(@since))";
        Add(
            $"({period.Sql($"{rows}.at", "@checkin")} {(period.Within ? "OR" : "AND")} {since})",
            ("checkin", time), ("since", WaitingCheckIns.Since(_session, time)));
    }

    private void AddTime(Period? period, string column, string name, DateTimeOffset now)
    {
        if (period is null)
            return;
        Add(period.Sql(column, $"@{name}"), (name, period.Before(now)));
        if (_order == "x.server")
            _order = $"{column}, x.server";
    }

    private void AddTag(ServerQuery query)
    {
        if (query.Tag is not null)
            Add(_from.StartsWith(Tags, StringComparison.Ordinal) ? "x.tag = @tag" : "x.server IN (SELECT t.server FROM server_tag t WHERE t.tag = @tag)", ("tag", query.Tag));
    }

    /// <summary>
    /// Where to look. Every check-in rewrites its time, so that has no index: its table is narrow and read through. Where tag and
    /// time are all that is asked for, the wider table is left alone.
    /// </summary>
    private static string SourceOf(ServerQuery query, bool narrow)
    {
        if (narrow && query is { Checkin: not null, Tag: null })
            return Checkins;
        var from = narrow && query.Tag is not null ? Tags : Search;
        return query.Checkin is null ? from : $"{from} JOIN server_checkin c ON c.server = x.server";
    }

    private void Add(string condition, params (string Name, object Value)[] parameters)
    {
        _conditions.Add(condition);
        foreach (var (name, value) in parameters)
            _parameters.Add(name, value);
    }

    private string WithGroups()
    {
        if (_groups is null)
            return string.Join(" AND ", _conditions);
        _parameters.Add("groups", _byKey
            ? JsonSerializer.Serialize(_groups.Select(group => group.Key).Distinct())
            : JsonSerializer.Serialize(_groups.Select(group => new object[] { group.Key, group.KernelId, group.PatchLevel })));
        // The plus keeps the planner from going group by group: the other condition selects more.
        var condition = _byKey
            ? "+x.key IN (SELECT value FROM json_each(@groups))"
            : "(+x.key, x.kernel_id, x.patch_level) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(@groups))";
        return string.Join(" AND ", [.. _conditions, condition]);
    }

    /// <summary>Group by group: their sizes tell where the page begins, so that nothing before it is read.</summary>
    private List<long> PageOfGroups(IReadOnlyList<ServerGroup> groups, int limit, long offset)
    {
        var page = new List<long>();
        foreach (var (key, kernel, level, servers) in Segments(groups))
        {
            if (page.Count == limit)
                break;
            if (offset >= servers)
            {
                offset -= servers;
                continue;
            }

            var within = kernel is null ? "" : "AND kernel_id = @kernel AND patch_level = @level";
            page.AddRange(_session.Connection.Query<long>(
                $"SELECT server FROM server_search WHERE key = @key {within} ORDER BY kernel_id, patch_level, server LIMIT @count OFFSET @offset",
                new { key, kernel, level, count = limit - page.Count, offset }));
            offset = 0;
        }

        return page;
    }

    private IEnumerable<(string Key, string? Kernel, long Level, long Servers)> Segments(IReadOnlyList<ServerGroup> groups) => _byKey
        ? groups.GroupBy(group => group.Key, StringComparer.Ordinal).Select(key => (key.Key, (string?)null, 0L, key.Sum(group => group.Servers)))
        : groups.Select(group => (group.Key, (string?)group.KernelId, group.PatchLevel, group.Servers));
}
