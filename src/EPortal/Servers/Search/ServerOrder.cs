using Dapper;
using EPortal.Data;

namespace EPortal.Servers.Search;

/// <summary>An order of servers.</summary>
/// <param name="Column">What they are ordered by.</param>
/// <param name="Descending">Whether the greatest comes first.</param>
internal sealed record ServerOrder(string Column, bool Descending)
{
    /// <summary>The order by last check-in; of that there is no index.</summary>
    public const string Checkin = "checkin";

    // By an index each.
    private static readonly string[] s_rows = ["hostname", "ip", "registered", "updated"];

    // The same for all servers of a group.
    private static readonly Dictionary<string, Func<SqlDialect, string>> s_groups = new(StringComparer.Ordinal)
    {
        ["key"] = _ => "",
        ["feed"] = _ => "",
        ["distro"] = dialect => $"{dialect.IgnoringCase("distro")}, distro_version",
        ["release"] = dialect => dialect.IgnoringCase("release"),
        ["euname"] = dialect => dialect.IgnoringCase("euname"),
        ["machine"] = dialect => dialect.IgnoringCase("machine"),
        ["virt"] = dialect => dialect.IgnoringCase("virt"),
        ["kcare_version"] = dialect => dialect.IgnoringCase("kcare_version"),
        ["patch_level"] = _ => "patch_level",
    };

    /// <summary>All columns that servers can be ordered by.</summary>
    public static IReadOnlyList<string> Columns { get; } = [.. s_rows, Checkin, .. s_groups.Keys];

    /// <summary>By host name.</summary>
    public static ServerOrder Default { get; } = new(s_rows[0], Descending: false);

    /// <summary>Whether each server has its own value, with an index.</summary>
    public bool IsByRow => s_rows.Contains(Column);

    /// <summary>Whether the servers of a group have one value.</summary>
    public bool IsByGroup => s_groups.ContainsKey(Column);

    /// <summary>The order in addresses: a hyphen before what is descending.</summary>
    public string Token => Descending ? "-" + Column : Column;

    /// <summary>The direction in SQL.</summary>
    public string Direction => Descending ? "DESC" : "ASC";

    /// <summary>Reads one; null for what is none.</summary>
    public static ServerOrder? ParseOrNull(string token)
    {
        var descending = token.StartsWith('-');
        var column = descending ? token[1..] : token;
        return column == Checkin || s_rows.Contains(column) || s_groups.ContainsKey(column)
            ? new ServerOrder(column, descending)
            : null;
    }

    /// <summary>Groups in this order.</summary>
    public IReadOnlyList<ServerGroup> Sort(Session session, IEnumerable<ServerGroup> groups)
    {
        var sorted = Column switch
        {
            "key" => SortByKey(groups, key => key.Name),
            "feed" => SortByKey(groups, key => key.FeedName),
            _ => SortByProfile(session, groups),
        };
        return Descending ? [.. sorted.Reverse()] : [.. sorted];
    }

    /// <summary>Keys are few, so their places are found once.</summary>
    private static IEnumerable<ServerGroup> SortByKey(IEnumerable<ServerGroup> groups, Func<GroupKey, string> what) =>
        groups
            .ToLookup(group => group.Owner)
            .OrderBy(key => what(key.Key), StringComparer.OrdinalIgnoreCase)
            .ThenBy(key => key.Key.Name, StringComparer.OrdinalIgnoreCase)
            .SelectMany(key => key);

    private IEnumerable<ServerGroup> SortByProfile(Session session, IEnumerable<ServerGroup> groups)
    {
        var ranks = session
            .Connection.Query<long>($"SELECT id FROM server_profile ORDER BY {s_groups[Column](session.Dialect)}, id")
            .Select((id, rank) => (id, rank))
            .ToDictionary(profile => profile.id, profile => profile.rank);
        return groups.OrderBy(group => ranks[group.Profile]);
    }
}
