using Dapper;
using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Servers.Search;

/// <summary>
/// The servers that a query means, without what is told of them: numbers and counts, from narrow tables and by an index
/// for every filter. What is the same for many servers (key, feed, whether they are up to date) is judged once a group.
/// </summary>
internal sealed class ServerSelection
{
    private readonly SelectionFilter _filter;
    private readonly OrderedSelection? _ordered;

    /// <summary>Prepares it on a snapshot.</summary>
    public ServerSelection(Session session, ServerQuery query, OfferTable offers, DateTimeOffset now)
    {
        _filter = new SelectionFilter(session, query, offers, now);
        if (query.Order is not { } order)
            return;
        _ordered = new OrderedSelection(_filter, order);
        if (!query.OrderMatters && !_filter.IsEverything && _ordered.AllOrNull is null)
            _ordered = null;
    }

    /// <summary>Whether they come in the order that was asked for.</summary>
    public bool IsOrdered => _ordered is not null;

    /// <summary>How many.</summary>
    public long Count()
    {
        if (_ordered?.CountOrNull is { } known)
            return known;
        return _filter.Conditions.Count == 0 ? _filter.InGroupsCount
            : _filter.Groups is null
                ? _filter.Session.Connection.ExecuteScalar<long>(
                    $"SELECT count(*) FROM ({SelectionFilter.Matching(_filter.Conditions)}) m",
                    _filter.Parameters
                )
            : _filter.Left(Rows).LongCount();
    }

    /// <summary>How many, exactly where that is cheap; else up to <paramref name="most"/>.</summary>
    public Tally CountUpTo(long most)
    {
        if (_ordered?.CountOrNull is { } known)
            return new Tally(known, IsExact: true);
        if (_filter.Conditions is [{ Alone: null }])
            return new Tally(_filter.InGroupsCount - Inactive(), IsExact: true);
        if (_filter.Conditions.Count == 0 || (_filter.Conditions.Count == 1 && _filter.Groups is null))
            return new Tally(Count(), IsExact: true);
        var found = _filter.Left(Rows).Take((int)most + 1).LongCount();
        return new Tally(Math.Min(found, most), found <= most);
    }

    /// <summary>
    /// Their numbers in an order that stays: the one asked for, else by what is searched for where an index has it so,
    /// else as they registered.
    /// </summary>
    public IReadOnlyList<long> Page(int limit, long offset)
    {
        if (_ordered is not null)
            return _ordered.Page(limit, offset);
        if (_filter.Conditions.Count == 0 && _filter.Groups is { } groups)
            return OrderedSelection.PageOfGroups(_filter.Session, groups, limit, offset);
        var indexed = _filter.Conditions.Where(one => one.NeedsRow && one.Column.Length > 0).ToList();
        var column = indexed.LastOrDefault(one => one.Column is "ip" or "hostname") ?? indexed.FirstOrDefault();
        var order = column is null ? "server" : $"x.{column.Column}, x.server";
        return _filter.Groups is null
            ? _filter
                .Session.Connection.Query<long>(
                    $"{SelectionFilter.Matching(_filter.Conditions)} ORDER BY {order} LIMIT {limit} OFFSET {offset}",
                    _filter.Parameters
                )
                .AsList()
            : [.. _filter.Left($"{Rows} ORDER BY {order}").Skip((int)Math.Min(offset, int.MaxValue)).Take(limit)];
    }

    private string Rows =>
        $"SELECT x.server, x.grp FROM server_search x {SelectionFilter.Where(_filter.Conditions.Select(one => one.Indexed))}";

    private long Inactive() =>
        _filter
            .Left(
                $"SELECT x.server, x.grp FROM ({SelectionFilter.InactiveServersBefore(_filter.Session.Dialect)}) m {_filter.Session.Dialect.JoinInOrder} server_search x ON x.server = m.server"
            )
            .LongCount();
}

/// <summary>How many there are.</summary>
/// <param name="Count">So many at least.</param>
/// <param name="IsExact">Whether there are no more.</param>
internal sealed record Tally(long Count, bool IsExact);
