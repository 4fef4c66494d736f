using Dapper;
using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Servers;

/// <summary>
/// The servers that a query means, without what is told of them: numbers and counts, from narrow tables and by an index for
/// every filter. What is the same for many servers (key, feed, whether they are up to date) is judged once a group.
/// </summary>
internal sealed class ServerSelection
{
    private readonly SelectionFilter _filter;
    private readonly OrderedSelection? _ordered;

    /// <summary>Prepares it on a snapshot.</summary>
    public ServerSelection(Session session, ServerQuery query, OfferTable offers, DateTimeOffset now)
    {
        _filter = new SelectionFilter(session, query, offers, now);
        _ordered = query.Order is { } order ? new OrderedSelection(_filter, order) : null;
    }

    /// <summary>How many.</summary>
    public long Count()
    {
        if (_ordered?.CountOrNull is { } known)
            return known;
        return _filter.Conditions.Count == 0
            ? _filter.InGroupsCount
            : _filter.Session.Connection.ExecuteScalar<long>($"SELECT count(*) FROM ({Matching})", _filter.Parameters);
    }

    /// <summary>
    /// How many, told exactly where that is cheap and up to <paramref name="most"/> in any case; more than that when there are more.
    /// </summary>
    public long CountUpTo(long most)
    {
        if (_ordered?.CountOrNull is { } known)
            return known;
        return (_filter.Conditions, _filter.Groups) switch
        {
            ({ Count: 0 }, _) or ({ Count: 1 } and [{ Alone: not null }], null) => Count(),
            ([{ Alone: null }], _) => _filter.InGroupsCount - Silent(),
            _ => _filter.Session.Connection.ExecuteScalar<long>($"SELECT count(*) FROM ({Matching} LIMIT {most + 1})", _filter.Parameters),
        };
    }

    /// <summary>Their numbers in an order that stays: the one asked for, else by what is searched for where an index has it so, else as they registered.</summary>
    public IReadOnlyList<long> Page(int limit, long offset)
    {
        if (_ordered is not null)
            return _ordered.Page(limit, offset);
        if (_filter.Conditions.Count == 0 && _filter.Groups is { } groups)
            return OrderedSelection.PageOfGroups(_filter.Session, groups, limit, offset);
        var column = Enumerable.Reverse(_filter.Conditions.Where(one => one.Column is "ip" or "hostname")).Concat(_filter.Conditions.Where(one => one.Column.Length > 0)).FirstOrDefault();
        var order = column is null ? "server" : $"x.{column.Column}, x.server";
        return _filter.Session.Connection.Query<long>($"{Matching} ORDER BY {order} LIMIT {limit} OFFSET {offset}", _filter.Parameters).AsList();
    }

    /// <summary>How many of each group there are.</summary>
    public IEnumerable<(long Group, long Servers)> CountByGroup() => _filter.Conditions.Count == 0 && _filter.Groups is { } groups
        ? groups.Select(group => (group.Id, group.Servers))
        : _filter.Session.Connection.Query<(long, long)>($"SELECT y.grp, count(*) FROM ({Matching}) m CROSS JOIN server_search y ON y.server = m.server GROUP BY y.grp", _filter.Parameters);

    /// <summary>
    /// The query for their numbers. A condition that stands alone is answered from where it is narrowest; tag and time together leave the
    /// wider table alone too.
    /// </summary>
    private string Matching
    {
        get
        {
            var (conditions, tag) = (_filter.Conditions, _filter.Conditions.FirstOrDefault(one => one.IsTag));
            if (_filter.Groups is null && conditions is [{ Alone: { } alone }])
                return alone;
            if (_filter.Groups is null && tag is not null && !conditions.Any(one => one.NeedsRow))
                return $"SELECT x.server FROM server_tag x WHERE x.tag = @tag AND {string.Join(" AND ", conditions.Where(one => one != tag).Select(one => one.Indexed))}";
            var where = string.Join(" AND ", conditions.Select(one => one.Indexed).Concat(_filter.InGroups));
            return $"SELECT x.server FROM server_search x{(where.Length == 0 ? "" : $" WHERE {where}")}";
        }
    }

    private long Silent()
    {
        var join = _filter.Groups is null ? "" : $"CROSS JOIN server_search x ON x.server = m.server WHERE {string.Join(" AND ", _filter.InGroups)}";
        return _filter.Session.Connection.ExecuteScalar<long>($"SELECT count(*) FROM ({SelectionFilter.SilentServers}) m {join}", _filter.Parameters);
    }
}
