using System.Text;
using EPortal.Api;
using EPortal.Data;

namespace EPortal.Accounts;

/// <summary>The API's call on the user log.</summary>
internal static class UserLogEndpoints
{
    private const string Csv = "text/csv";

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapApi(
                HttpMethods.Get,
                "/user-log",
                ApiRole.Reader,
                "Who changed what, from where, newest first",
                List,
                new("user", "only actions of this user"),
                new("action", "only actions with this prefix, such as key or key.add"),
                new("since", "only from this day, such as 2026-05-01 (UTC)"),
                new("until", "only until this day, inclusive (UTC)"),
                new("age", "more than this many days ago (3, or 4h for hours), or within (-3)"),
                new("limit", $"maximum number of entries (100 by default, up to {UserLogFilter.MostRows})", "integer"),
                new("offset", "entries to skip", "integer"),
                new("format", "json or csv; json by default")
            )
            .Produces<ApiResult<IReadOnlyList<UserLogEntry>>>()
            .WithMetadata(new AnswersText(Csv));

    private static IResult List(
        ApiParameters parameters,
        Database database,
        FleetSecrets secrets,
        TimeProvider time,
        HttpContext context
    )
    {
        var query = UserLogFilter.Read(parameters) with
        {
            Limit = (int)(parameters.Number("limit", 1, UserLogFilter.MostRows) ?? 100),
            Offset = (int)(parameters.Number("offset", 0, int.MaxValue) ?? 0),
        };
        if (parameters.Age("age") is { } age)
            query = Narrowed(query, time.GetUtcNow() - age.Length, age.Within);
        var csv = parameters.Text("format") switch
        {
            null or "json" => false,
            "csv" => true,
            var other => throw new RefusedException(Refusal.Invalid, $"invalid format '{other}': use json or csv"),
        };
        var shown = csv ? FleetSecrets.AreOnPagesFor(context) : secrets.AreInCallsFor(context);
        var entries = Without(database.Read(query.Run), shown ? null : secrets.Remover());
        return csv
            ? TypedResults.Text(Lines(entries), Csv, Encoding.UTF8)
            : TypedResults.Ok(new ApiResult<IReadOnlyList<UserLogEntry>>(entries));
    }

    /// <summary>Lines with what must not be shown taken out of them; as they are without a remover.</summary>
    public static IReadOnlyList<UserLogEntry> Without(
        IReadOnlyList<UserLogEntry> entries,
        Func<string, string>? remover
    ) =>
        remover is null
            ? entries
            :
            [
                .. entries.Select(entry =>
                    entry with
                    {
                        Detail = remover(entry.Detail),
                        // Products have names of their own, which may be those of keys too.
                        Changes =
                        [
                            .. entry.Changes.Select(change =>
                                change.Field == "products"
                                    ? change
                                    : change with
                                    {
                                        Was = remover(change.Was),
                                        Became = remover(change.Became),
                                    }
                            ),
                        ],
                        Servers = entry.Servers is null
                            ? null
                            : entry.Servers with
                            {
                                Filter =
                                    entry.Servers.Filter is { } filter && remover(filter) == filter ? filter : null,
                            },
                    }
                ),
            ];

    /// <summary>What holds besides the days.</summary>
    private static UserLogQuery Narrowed(UserLogQuery query, DateTimeOffset moment, bool within) =>
        within
            ? query with
            {
                Since = query.Since > moment ? query.Since : moment,
            }
            : query with
            {
                Before = query.Before < moment ? query.Before : moment,
            };

    private static string Lines(IEnumerable<UserLogEntry> entries)
    {
        var csv = new StringBuilder("at,actor,address,action,detail,changes,servers,server_count,server_filter\r\n");
        foreach (var entry in entries)
            csv.Append(
                CsvText.Line(
                    $"{entry.At:yyyy-MM-dd HH:mm:ss.ffffff}",
                    entry.Actor,
                    entry.Address ?? "",
                    entry.Action,
                    entry.Detail,
                    string.Join("; ", entry.Changes.Select(change => change.ToText())),
                    string.Join(' ', entry.Servers?.Names ?? []),
                    $"{entry.Servers?.Count}",
                    entry.Servers?.Filter ?? ""
                )
            );
        return csv.ToString();
    }
}
