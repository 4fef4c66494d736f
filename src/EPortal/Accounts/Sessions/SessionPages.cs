using System.Security.Claims;
using EPortal.Api;
using EPortal.Data;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EPortal.Accounts.Sessions;

/// <summary>The console's page of sessions: everybody sees and ends their own, admins all.</summary>
internal static class SessionPages
{
    private const string ListPath = "/sessions";
    private const int PageSize = 50;

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPage(ListPath, List);
        routes.MapOwnAction(ListPath + "/{id}/end", End);
        routes.MapOwnAction(ListPath + "/end-others", EndOthers);
    }

    private static RazorComponentResult<PageHost<SessionsPage, SessionsModel>> List(
        ApiParameters parameters,
        SessionStore sessions,
        HttpContext context
    )
    {
        var user = context.WhoseOrAll() ?? parameters.Text("user");
        var all = sessions.List(user);
        var offset = Paging.Start(Paging.Asked(parameters), all.Count, PageSize);
        var own = all.Count(session => session.User.Name == context.Actor().Name);
        return ConsoleRoutes.Show<SessionsPage, SessionsModel>(
            new SessionsModel(
                [.. all.Skip(offset).Take(PageSize)],
                CurrentOf(context),
                user,
                own,
                all.Count,
                offset,
                PageSize
            )
        );
    }

    private static async Task<IResult> End(string id, SessionStore sessions, HttpContext context) =>
        await sessions.End(context.Actor(), id, context.WhoseOrAll())
            ? ConsoleRoutes.Back(context, ListPath, "The session was ended.")
            : throw new RefusedException(Refusal.NotFound, "session not found; it may have expired");

    private static async Task<IResult> EndOthers(SessionStore sessions, HttpContext context)
    {
        var ended = await sessions.EndOthers(context.Actor(), context.Actor().Name, CurrentOf(context));
        return ConsoleRoutes.Back(
            context,
            ListPath,
            $"{NumberText.Of(ended, "other session was", "other sessions were")} ended."
        );
    }

    private static string CurrentOf(HttpContext context) =>
        context.User.FindFirstValue(SessionAuthentication.IdClaim) ?? "";
}

/// <summary>What the page of sessions shows.</summary>
/// <param name="Sessions">Sessions of this page.</param>
/// <param name="Current">Id of the one that looks.</param>
/// <param name="User">Whose they are; null for all.</param>
/// <param name="Own">How many of them are the viewer's own.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Offset">How many were passed over.</param>
/// <param name="Size">Most of a page.</param>
internal sealed record SessionsModel(
    IReadOnlyList<LoginSession> Sessions,
    string Current,
    string? User,
    int Own,
    int Total,
    int Offset,
    int Size
);
