using System.Globalization;
using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Servers.Search;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>What the list of servers shows.</summary>
/// <param name="Filters">What is asked for.</param>
/// <param name="Order">The order; null for none in particular.</param>
/// <param name="Columns">Columns beside the host name.</param>
/// <param name="Servers">The rows.</param>
/// <param name="Matches">How many match.</param>
/// <param name="Offset">Rows passed over.</param>
/// <param name="Feeds">Names of all feeds, to choose from.</param>
/// <param name="Problem">Why nothing is listed.</param>
internal sealed record ServersModel(
    ServerFilters Filters,
    ServerOrder? Order,
    IReadOnlyList<ServerColumn> Columns,
    IReadOnlyList<Server> Servers,
    Tally Matches,
    long Offset,
    IReadOnlyList<string> Feeds,
    string? Problem
)
{
    /// <summary>Rows of a page.</summary>
    public const int PageSize = 50;

    /// <summary>Matches are counted up to here where counting them all would take long.</summary>
    public const int CountedTo = 10_000;

    /// <summary>Reads a page of the list.</summary>
    public static ServersModel Read(
        ApiParameters parameters,
        ServerFilters filters,
        IReadOnlyList<ServerColumn> columns,
        Database database,
        Offers offers,
        PatchsetUsage usage,
        DateTimeOffset now
    )
    {
        var order = OrderOf(parameters);
        var offset = Paging.Asked(parameters);
        return database.Read(session =>
        {
            var table = offers.At(session);
            var selection = new ServerSelection(
                session,
                filters.ToQuery(session, usage) with
                {
                    Order = order,
                    OrderMatters = parameters.Text("sort") is not null,
                },
                table,
                now
            );
            var rows = ServerDetails.Read(session, selection.Page(PageSize, offset), table, now);
            if (rows.Count == 0 && offset > 0)
            {
                offset = Paging.Start(offset, selection.CountUpTo(offset).Count, PageSize);
                rows = ServerDetails.Read(session, selection.Page(PageSize, offset), table, now);
            }

            var matches = selection.CountUpTo(Math.Max(CountedTo, offset + rows.Count));
            return new ServersModel(
                filters,
                selection.IsOrdered ? order : null,
                columns,
                rows,
                matches,
                offset,
                FeedNames(session),
                Problem: null
            );
        });
    }

    /// <summary>The list when it cannot be read as asked for.</summary>
    public static ServersModel Refused(
        ApiParameters parameters,
        ServerFilters filters,
        IReadOnlyList<ServerColumn> columns,
        Database database,
        string problem
    ) =>
        new(
            filters,
            OrderOf(parameters),
            columns,
            [],
            new Tally(0, IsExact: true),
            0,
            database.Read(FeedNames),
            problem
        );

    /// <summary>The order in an address.</summary>
    public static ServerOrder OrderOf(ApiParameters parameters) =>
        parameters.Text("sort") is { } sort && ServerOrder.ParseOrNull(sort) is { } order ? order : ServerOrder.Default;

    /// <summary>The order as an address needs it; none for the default.</summary>
    public string? Sort => Order is null || Order == ServerOrder.Default ? null : Order.Token;

    /// <summary>What an address says of the order and of the rows passed over.</summary>
    public (string Name, string? Value)[] Place(long offset) => PlaceOf(Sort, offset);

    /// <summary>The same as an address has it, in which neither need be right.</summary>
    public static (string Name, string? Value)[] PlaceOf(ApiParameters parameters) =>
        PlaceOf(
            OrderOf(parameters) is var order && order == ServerOrder.Default ? null : order.Token,
            parameters.Number("offset", 0, int.MaxValue) ?? 0
        );

    private static (string Name, string? Value)[] PlaceOf(string? sort, long offset) =>
        [("sort", sort), ("offset", offset == 0 ? null : offset.ToString(CultureInfo.InvariantCulture))];

    private static IReadOnlyList<string> FeedNames(Session session) =>
        [.. FeedStore.List(session).Select(feed => feed.Name)];
}

/// <summary>What the filters above servers show.</summary>
/// <param name="Filters">What is asked for.</param>
/// <param name="Path">The page they filter.</param>
/// <param name="Sort">The order that stays.</param>
/// <param name="Feeds">Names of all feeds, to choose from.</param>
/// <param name="IsLive">Whether the page changes as somebody types.</param>
internal sealed record ServerFilterModel(
    ServerFilters Filters,
    string Path,
    string? Sort,
    IReadOnlyList<string> Feeds,
    bool IsLive
);
