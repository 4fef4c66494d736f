using EPortal.Api;
using EPortal.Data;
using EPortal.WebConsole;
using Microsoft.AspNetCore.WebUtilities;

namespace EPortal.Accounts;

/// <summary>The console's page of the user log.</summary>
internal static class UserLogPages
{
    private const string ListPath = "/log";
    private const int PageSize = 50;

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPage(
            ListPath,
            (ApiParameters parameters, Database database, FleetSecrets secrets, HttpContext context) =>
                ConsoleForms.Try(
                    () =>
                        Task.FromResult(
                            Show(parameters, database, FleetSecrets.AreOnPagesFor(context) ? null : secrets.Remover())
                        ),
                    problem =>
                        ConsoleRoutes.Show<UserLogPage, UserLogModel>(
                            new UserLogModel([], 0, 0, PageSize, UserLogForm.Read(parameters), problem),
                            StatusCodes.Status400BadRequest
                        )
                )
        );

    private static IResult Show(ApiParameters parameters, Database database, Func<string, string>? remover)
    {
        var offset = (int)Math.Min(Paging.Asked(parameters), UserLogFilter.MostRows - PageSize);
        var query = UserLogFilter.Read(parameters) with { Limit = PageSize, Offset = offset };
        var (entries, total) = database.Read(session =>
        {
            var found = query.Run(session);
            // A page that is not full is the last one, and known without counting.
            if (found.Count < PageSize && (found.Count > 0 || offset == 0))
                return (found, (long)offset + found.Count);
            var count = query.Count(session, UserLogFilter.MostRows);
            if (found.Count > 0)
                return (found, count);
            offset = Paging.Start(offset, count, PageSize);
            return ((query with { Offset = offset }).Run(session), count);
        });
        return ConsoleRoutes.Show<UserLogPage, UserLogModel>(
            new UserLogModel(
                UserLogEndpoints.Without(entries, remover),
                total,
                offset,
                PageSize,
                UserLogForm.Read(parameters),
                null
            )
        );
    }
}

/// <summary>What the page of the user log shows.</summary>
/// <param name="Entries">Lines of this page, newest first.</param>
/// <param name="Total">How many there are; counted up to <see cref="UserLogFilter.MostRows"/>.</param>
/// <param name="Offset">How many were passed over.</param>
/// <param name="Size">Most of a page.</param>
/// <param name="Form">What was asked for.</param>
/// <param name="Problem">Why nothing is shown.</param>
internal sealed record UserLogModel(
    IReadOnlyList<UserLogEntry> Entries,
    long Total,
    long Offset,
    int Size,
    UserLogForm Form,
    string? Problem
)
{
    /// <summary>Whether there are more lines than are counted.</summary>
    public bool IsCut => Total == UserLogFilter.MostRows;
}

/// <summary>The filters as they are filled in.</summary>
/// <param name="User">Who did it.</param>
/// <param name="Action">How the action begins.</param>
/// <param name="Since">First day.</param>
/// <param name="Until">Last day.</param>
internal sealed record UserLogForm(string? User, string? Action, string? Since, string? Until)
{
    /// <summary>Whether anything is filled in.</summary>
    public bool IsEmpty => this == new UserLogForm(null, null, null, null);

    /// <summary>The filters that were sent.</summary>
    public static UserLogForm Read(ApiParameters parameters) =>
        new(parameters.Text("user"), parameters.Text("action"), parameters.Text("since"), parameters.Text("until"));

    /// <summary>An address with these filters.</summary>
    /// <param name="path">Where it leads.</param>
    /// <param name="more">Other parameters.</param>
    public string AddressOf(string path, params (string Name, string Value)[] more) =>
        QueryHelpers.AddQueryString(
            path,
            [
                KeyValuePair.Create("user", User),
                KeyValuePair.Create("action", Action),
                KeyValuePair.Create("since", Since),
                KeyValuePair.Create("until", Until),
                .. more.Select(one => KeyValuePair.Create<string, string?>(one.Name, one.Value)),
            ]
        );
}
