using System.Text.Json;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Servers.Search;

/// <summary>A condition on a server.</summary>
/// <param name="Sql">On <c>server_search x</c>, with <c>{0}</c> for the column that an index finds.</param>
/// <param name="Column">That column; empty when there is none.</param>
/// <param name="Alone">A query for the servers of this condition alone, from the narrowest place; null when it leaves
/// most of them.</param>
/// <param name="NeedsRow">Whether it asks for more of <c>x</c> than its number.</param>
/// <param name="Seen">The same of what a map of servers shows of one; null where it does not show it.</param>
internal sealed record RowCondition(
    string Sql,
    string Column,
    string? Alone,
    bool NeedsRow,
    Func<ServerMark, bool>? Seen = null
)
{
    /// <summary>The same for a row that something else has found, where that is written otherwise.</summary>
    public string? OfRow { get; init; }

    /// <summary>Whether all values of its column are looked at.</summary>
    public bool Scans { get; init; }

    /// <summary>The column by which a tag finds servers.</summary>
    public const string OfTag = "server";

    /// <summary>For the planner to use an index for.</summary>
    public string Indexed => string.Format(null, Sql, $"x.{Column}");

    /// <summary>For the planner to leave: something else finds the rows.</summary>
    public string Checked(SqlDialect dialect) => OfRow ?? string.Format(null, Sql, dialect.WithoutIndex($"x.{Column}"));

    /// <summary>Whether it asks for a tag.</summary>
    public bool IsTag => Column == OfTag;
}

/// <summary>
/// What a query asks for, in two parts: groups of servers, judged one by one with their sizes known, and conditions on
/// each server.
/// </summary>
internal sealed class SelectionFilter
{
    private readonly List<RowCondition> _conditions = [];
    private readonly DateTimeOffset _now;
    private readonly Lazy<HashSet<long>?> _ids;

    /// <summary>Reads it on a snapshot.</summary>
    public SelectionFilter(Session session, ServerQuery query, OfferTable offers, DateTimeOffset now)
    {
        (Session, Few, _now) = (session, query.Few, now);
        Groups = GroupsOf(session, query, offers);
        _ids = new Lazy<HashSet<long>?>(() => Groups?.Select(group => group.Id).ToHashSet());
        AddOne("server_id", query.ServerId);
        AddOne("id", query.Id);
        AddName("ip", "ip", query.Ip);
        AddName("hostname", "hostname", query.Hostname);
        AddName(NamePattern.IsAddress(query.Search) ? "ip" : "hostname", "search", query.Search);
        AddTime("registered", query.Registered);
        AddTime("updated", query.Updated);
        AddTag(query.Tag);
        AddCheckin(query.Checkin);
        AddUptime(query.Uptime);
        AddSilence(query.Condition);
    }

    /// <summary>The snapshot.</summary>
    public Session Session { get; }

    /// <summary>How many servers are few enough to be found first and sorted then.</summary>
    public int Few { get; }

    /// <summary>The groups that are left; null when all are.</summary>
    public IReadOnlyList<ServerGroup>? Groups { get; }

    /// <summary>Conditions on each server.</summary>
    public IReadOnlyList<RowCondition> Conditions => _conditions;

    /// <summary>Values of what the conditions name.</summary>
    public DynamicParameters Parameters { get; } = new();

    /// <summary>Whether nothing is left out.</summary>
    public bool IsEverything => Groups is null && _conditions.Count == 0;

    /// <summary>The groups as a table for SQL.</summary>
    public string GroupList
    {
        get
        {
            Parameters.Add("groups", JsonSerializer.Serialize(Groups!.Select(group => group.Id)));
            return Session.Dialect.Numbers("@groups");
        }
    }

    /// <summary>Whether a group is among those left.</summary>
    public bool Leaves(long group) => _ids.Value?.Contains(group) != false;

    /// <summary>
    /// Numbers of the servers of a query for server and group that are of a group left, read no further than asked for.
    /// </summary>
    public IEnumerable<long> Left(string servers)
    {
        using var row = Session.Connection.ExecuteReader(servers, Parameters);
        while (row.Read())
        {
            if (Leaves(row.GetInt64(1)))
                yield return row.GetInt64(0);
        }
    }

    /// <summary>How many servers the groups have.</summary>
    public long InGroupsCount => Groups?.Sum(group => group.Servers) ?? ServerGroups.Total(Session);

    /// <summary>
    /// The query for the numbers of servers that meet some conditions, whatever their group. A condition that stands
    /// alone is answered from where it is narrowest; tag and time together leave the wider table alone too.
    /// </summary>
    public static string Matching(IReadOnlyList<RowCondition> conditions)
    {
        if (conditions is [{ Alone: { } alone }])
            return alone;
        return conditions.FirstOrDefault(one => one.IsTag) is { } tag && !conditions.Any(one => one.NeedsRow)
            ? $"SELECT x.server FROM server_tag x {Where(conditions.Where(one => one != tag).Select(one => one.Indexed).Prepend("x.tag = @tag"))}"
            : $"SELECT x.server FROM server_search x {Where(conditions.Select(one => one.Indexed))}";
    }

    /// <summary>Conditions together.</summary>
    public static string Where(IEnumerable<string> conditions) =>
        string.Join(" AND ", conditions) is { Length: > 0 } all ? $"WHERE {all}" : "";

    private static IReadOnlyList<ServerGroup>? GroupsOf(Session session, ServerQuery query, OfferTable offers)
    {
        // Without a filter there is only one reason to leave any out: keys that are not in force.
        if (
            query.Key is null
            && query.Feed is null
            && query.IsUpdated is null
            && query.Condition is null or ServerCondition.Inactive
            && query.Running is null
            && query.Profile == ProfileFilter.None
            && !ServerGroups.AnyOutOfForce(session)
        )
            return null;
        var groups = ServerGroups.Read(session, query.Key, query.Feed, query.Profile).AsEnumerable();
        if (query.Running is { } running)
            groups = groups.Where(group => running.Contains((group.KernelId, group.PatchLevel)));
        if (query.IsUpdated is { } updated)
            groups = groups.Where(group =>
                group.StatusIn(offers) == (updated ? ServerStatus.UpToDate : ServerStatus.Outdated)
            );
        if (query.Condition is { } condition and not ServerCondition.Inactive)
            groups = groups.Where(group => group.StatusIn(offers) == (ServerStatus)condition);
        return [.. groups];
    }

    private void AddOne(string column, string? value)
    {
        if (value is null)
            return;
        Add(
            new RowCondition(
                $"x.server = (SELECT s.local FROM server s WHERE s.{column} = @{column})",
                "",
                $"SELECT s.local AS server FROM server s WHERE s.{column} = @{column}",
                NeedsRow: false
            ),
            (column, value)
        );
    }

    private void AddName(string column, string name, string? text)
    {
        if (text is null || new NamePattern(text) is not { IsAnything: false } pattern)
            return;
        AddRow(
            column,
            pattern.Condition(Session.Dialect, "{0}", name),
            !pattern.IsIndexed && !pattern.IsExact,
            ($"{name}Prefix", pattern.Prefix),
            ($"{name}Last", pattern.Last),
            ($"{name}Like", pattern.Like)
        );
    }

    private void AddTime(string column, Period? period)
    {
        if (period is not null)
            AddRow(column, period.Sql("{0}", $"@{column}"), scans: false, (column, period.Before(_now)));
    }

    private void AddRow(string column, string sql, bool scans, params (string Name, object Value)[] parameters) =>
        Add(
            new RowCondition(
                sql,
                column,
                $"SELECT x.server FROM server_search x WHERE {string.Format(null, sql, $"x.{column}")}",
                NeedsRow: true
            )
            {
                Scans = scans,
            },
            parameters
        );

    private void AddTag(string? tag)
    {
        const string Tagged = "SELECT t.server FROM server_tag t WHERE t.tag = @tag";
        if (tag is not null)
            Add(
                new RowCondition($"{{0}} IN ({Tagged})", RowCondition.OfTag, Tagged, NeedsRow: false)
                {
                    OfRow = $"EXISTS ({Tagged} AND t.server = x.server)",
                },
                ("tag", tag)
            );
    }

    private void AddCheckin(Period? period)
    {
        if (period is null)
            return;
        var alone = period.Sql("c.at", "@checkin");
        Add(
            new RowCondition(
                period.Sql("(SELECT c.at FROM server_checkin c WHERE c.server = x.server)", "@checkin"),
                "",
                $"SELECT c.server FROM server_checkin c WHERE {alone}",
                NeedsRow: false,
                mark => mark.HasCalled && mark.At >= period.Before(_now) == period.Within
            ),
            ("checkin", period.Before(_now))
        );
    }

    private void AddUptime(UptimeRange? range)
    {
        if (range is not null)
            Add(
                new RowCondition(
                    "(SELECT c.uptime FROM server_checkin c WHERE c.server = x.server) BETWEEN @upFrom AND @upTo",
                    "",
                    "SELECT c.server FROM server_checkin c WHERE c.uptime BETWEEN @upFrom AND @upTo",
                    NeedsRow: false,
                    mark => mark.HasCalled && UptimeRange.All[mark.Uptime] == range
                ),
                ("upFrom", range.From),
                ("upTo", range.To)
            );
    }

    private void AddSilence(ServerCondition? condition)
    {
        if (condition is null)
            return;
        const string Last = "coalesce((SELECT c.at FROM server_checkin c WHERE c.server = x.server), x.registered)";
        var inactive = condition == ServerCondition.Inactive;
        var before = UnixMicros.Of(_now - ServerStatuses.InactiveAfter);
        Add(
            new RowCondition(
                $"{Last} {(inactive ? "<" : ">=")} @inactive",
                "",
                inactive ? InactiveServersBefore(Session.Dialect) : null,
                NeedsRow: true,
                mark => mark.At < before == inactive
            ),
            ("inactive", before)
        );
    }

    /// <summary>
    /// The inactive ones: times of check-ins have no index but are narrow; of the others only those that never called
    /// are looked at.
    /// </summary>
    public static string InactiveServersBefore(SqlDialect dialect) =>
        $"""
            SELECT c.server FROM server_checkin c WHERE c.at < @inactive
            UNION ALL
            SELECT x.server FROM server_group g {dialect.JoinInOrder} server_search x ON x.grp = g.id
            WHERE g.profile = 0 AND x.registered < @inactive AND NOT EXISTS (SELECT 1 FROM server_checkin c WHERE c.server = x.server)
            """;

    private void Add(RowCondition condition, params (string Name, object Value)[] parameters)
    {
        _conditions.Add(condition);
        foreach (var (name, value) in parameters)
            Parameters.Add(name, value);
    }
}
