using EPortal.Api;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>Which columns of the list of servers a browser wants; it keeps that itself.</summary>
internal static class ServerColumnPages
{
    private const string Cookie = "eportal_columns";
    private const char Between = '.';
    private const string Nothing = "none";

    /// <summary>Maps the form.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapOwnAction("/servers/columns", Choose);

    /// <summary>What this browser chose.</summary>
    public static IReadOnlyList<ServerColumn> ChosenBy(HttpContext context) =>
        context.Request.Cookies[Cookie] is { } names
            ?
            [
                .. ServerColumnsModel.All.Where(column =>
                    names.Split(Between).Contains(column.Name, StringComparer.Ordinal)
                ),
            ]
            : [.. ServerColumnsModel.All.Where(column => column.IsDefault)];

    private static IResult Choose(ApiParameters parameters, HttpContext context)
    {
        var known = ServerColumnsModel.All.Select(column => column.Name).Intersect(parameters.Texts("column")).ToList();
        context.Response.Cookies.Append(
            Cookie,
            known.Count == 0 ? Nothing : string.Join(Between, known),
            ConsoleCookie.Lasting(context)
        );
        return TypedResults.LocalRedirect(LocalPath.Of(parameters.Text("next")));
    }
}
