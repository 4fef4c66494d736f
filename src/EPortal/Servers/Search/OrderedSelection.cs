using System.Text.Json;
using Dapper;
using EPortal.Data;

namespace EPortal.Servers.Search;

/// <summary>
/// Servers in an order. Where one condition alone leaves few, those are taken and sorted; where each leaves many, the
/// index of the order is followed and what does not match passed over, for then the next match is never far.
/// </summary>
internal sealed class OrderedSelection
{
    private const int FewPerWindow = 50;
    private const int WindowGrowth = 16;

    private readonly SelectionFilter _filter;
    private readonly ServerOrder _order;
    private readonly Lazy<IReadOnlyList<long>?> _few;

    /// <summary>Prepares it.</summary>
    public OrderedSelection(SelectionFilter filter, ServerOrder order)
    {
        (_filter, _order) = (filter, order);
        _few = new Lazy<IReadOnlyList<long>?>(FindFewOrNull);
    }

    /// <summary>How many there are, where that is known from finding them.</summary>
    public long? CountOrNull => _few.Value?.Count;

    /// <summary>All of them, where they are few.</summary>
    public IReadOnlyList<long>? AllOrNull => _few.Value;

    private DynamicParameters Parameters => _filter.Parameters;

    /// <summary>Their numbers.</summary>
    public IReadOnlyList<long> Page(int limit, long offset) =>
        _few.Value is { } few ? [.. few.Skip((int)Math.Min(offset, int.MaxValue)).Take(limit)]
        : _order.IsByGroup ? PageByGroup(limit, offset)
        : _order.IsByRow ? PageByRow(limit, offset)
        : PageByCheckin(limit, offset);

    /// <summary>
    /// Servers group by group; the sizes tell where the page begins, so that nothing before it is read.
    /// </summary>
    public static IReadOnlyList<long> PageOfGroups(
        Session session,
        IReadOnlyList<ServerGroup> groups,
        int limit,
        long offset
    )
    {
        var some = new List<long>();
        long skipped = 0,
            found = 0;
        foreach (var group in groups)
        {
            if (some.Count == 0 && skipped + group.Servers <= offset)
            {
                skipped += group.Servers;
                continue;
            }

            some.Add(group.Id);
            found += group.Servers;
            if (skipped + found >= offset + limit)
                break;
        }

        return session
            .Connection.Query<long>(
                $"SELECT x.server FROM {session.Dialect.Numbers("@some")} g {session.Dialect.JoinInOrder} server_search x ON x.grp = g.value LIMIT @limit OFFSET @offset",
                new
                {
                    some = JsonSerializer.Serialize(some),
                    limit,
                    offset = offset - skipped,
                }
            )
            .AsList();
    }

    private SqlDialect Dialect => _filter.Session.Dialect;

    private IReadOnlyList<long>? FindFewOrNull()
    {
        var where = _filter.Conditions.Select(one => one.Checked(Dialect)).ToList();
        if (_filter.Groups is not null && _filter.InGroupsCount <= _filter.Few)
            return Sorted($"{_filter.GroupList} d {Dialect.JoinInOrder} server_search x ON x.grp = d.value", where);
        // What follows the index of the order needs nothing else.
        if (_filter is { Conditions: [{ Scans: false } only], Groups: null } && only.Column == _order.Column)
            return null;
        foreach (var condition in _filter.Conditions.Where(one => one.Alone is not null))
        {
            var ids = _filter
                .Session.Connection.Query<long>(
                    $"SELECT server FROM ({condition.Alone}) a LIMIT {_filter.Few + 1}",
                    Parameters
                )
                .AsList();
            if (ids.Count > _filter.Few)
                continue;
            Parameters.Add("few", JsonSerializer.Serialize(ids));
            return Sorted(
                $"{Dialect.Numbers("@few")} d {Dialect.JoinInOrder} server_search x ON x.server = d.value",
                [.. where.Where((_, n) => _filter.Conditions[n] != condition)]
            );
        }

        return null;
    }

    private IReadOnlyList<long> Sorted(string from, IEnumerable<string> conditions)
    {
        var where = SelectionFilter.Where(conditions);
        if (!_order.IsByGroup)
            return
            [
                .. _filter.Left(
                    $"SELECT x.server, x.grp FROM {from} {where} ORDER BY {ValueOf("x")} {_order.Direction}, x.server {_order.Direction}"
                ),
            ];
        var ranks = SortedGroups()
            .Select((group, rank) => (group.Id, rank))
            .ToDictionary(group => group.Id, group => group.rank);
        return
        [
            .. _filter
                .Session.Connection.Query<(long Server, long Group)>(
                    $"SELECT x.server, x.grp FROM {from} {where} ORDER BY x.server",
                    Parameters
                )
                .Where(row => _filter.Leaves(row.Group))
                .OrderBy(row => ranks[row.Group])
                .Select(row => row.Server),
        ];
    }

    private string ValueOf(string row) =>
        _order.IsByRow
            ? $"{row}.{_order.Column}"
            : $"(SELECT o.at FROM server_checkin o WHERE o.server = {row}.server)";

    private IReadOnlyList<ServerGroup> SortedGroups() =>
        _order.Sort(_filter.Session, _filter.Groups ?? ServerGroups.Read(_filter.Session, null, null));

    private IReadOnlyList<long> PageByGroup(int limit, long offset)
    {
        var groups = SortedGroups();
        if (_filter.Conditions.Count == 0)
            return PageOfGroups(_filter.Session, groups, limit, offset);
        Parameters.Add("sorted", JsonSerializer.Serialize(groups.Select(group => group.Id)));
        return _filter
            .Session.Connection.Query<long>(
                $"""
                SELECT x.server FROM {Dialect.Numbers(
                    "@sorted"
                )} g {Dialect.JoinInOrder} server_search x {Dialect.ByIndex("server_search_grp")} ON x.grp = g.value
                {SelectionFilter.Where(
                    _filter.Conditions.Select(one => one.Checked(Dialect))
                )} LIMIT {limit} OFFSET {offset}
                """,
                Parameters
            )
            .AsList();
    }

    private IReadOnlyList<long> PageByRow(int limit, long offset)
    {
        var where = SelectionFilter.Where(
            _filter.Conditions.Select(one => one.Column == _order.Column ? one.Indexed : one.Checked(Dialect))
        );
        var rows =
            $"SELECT x.server, x.grp FROM server_search x {Dialect.ByIndex($"server_search_{_order.Column}")} {where} ORDER BY x.{_order.Column} {_order.Direction}, x.server {_order.Direction}";
        return _filter.Groups is null
            ? _filter
                .Session.Connection.Query<long>(
                    $"{rows.Replace(", x.grp", "", StringComparison.Ordinal)} LIMIT {limit} OFFSET {offset}",
                    Parameters
                )
                .AsList()
            : [.. _filter.Left(rows).Skip((int)Math.Min(offset, int.MaxValue)).Take(limit)];
    }

    /// <summary>
    /// The latest or earliest so many are looked at, then more, until the page is full: of times there is no index.
    /// </summary>
    private IReadOnlyList<long> PageByCheckin(int limit, long offset)
    {
        var where = SelectionFilter.Where(_filter.Conditions.Select(one => one.Checked(Dialect)));
        var total = ServerGroups.Total(_filter.Session);
        for (var window = Math.Max(_filter.Few / FewPerWindow, offset + limit); ; window *= WindowGrowth)
        {
            var page = _filter
                .Left(
                    $"""
                    SELECT x.server, x.grp FROM (
                      SELECT server, at FROM (
                        SELECT c.server, c.at FROM server_checkin c
                        UNION ALL
                        SELECT n.server, NULL FROM server_group g {Dialect.JoinInOrder} server_search n ON n.grp = g.id
                        WHERE g.profile = 0 AND NOT EXISTS (SELECT 1 FROM server_checkin o WHERE o.server = n.server)) c
                      ORDER BY at {_order.Direction}, server {_order.Direction} LIMIT {window}) w
                    {Dialect.JoinInOrder} server_search x ON x.server = w.server {where}
                    """
                )
                .Skip((int)Math.Min(offset, int.MaxValue))
                .Take(limit)
                .ToList();
            if (page.Count == limit || window >= total)
                return page;
        }
    }
}
