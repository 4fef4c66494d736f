using System.Security.Claims;
using EPortal.Api;

namespace EPortal.Accounts.Sessions;

/// <summary>The API's calls on sessions: everybody sees and ends their own, admins all.</summary>
internal static class SessionEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapApi(
            HttpMethods.Get,
            "/sessions",
            ApiRole.Reader,
            "Your sessions, newest first; for admins, those of all users",
            (HttpContext context, SessionStore sessions) =>
            {
                var current = context.User.FindFirstValue(SessionAuthentication.IdClaim);
                return new ApiResult<IReadOnlyList<SessionRow>>([
                    .. sessions.List(context.WhoseOrAll()).Select(session => SessionRow.From(session, current)),
                ]);
            }
        );
        routes.MapApi(
            HttpMethods.Delete,
            "/sessions/{id}",
            ApiRole.Reader,
            "End a session; admins can end those of all users",
            End
        );
    }

    private static async Task<ApiResult<int>> End(string id, HttpContext context, SessionStore sessions) =>
        new(await sessions.End(context.Actor(), id, context.WhoseOrAll()) ? 1 : 0);
}

/// <summary>A session for programs; <c>current</c> is the one that asks.</summary>
internal sealed record SessionRow(
    string Id,
    string User,
    string Via,
    DateTimeOffset Created,
    DateTimeOffset Seen,
    DateTimeOffset Expires,
    string Address,
    string Agent,
    bool Current
)
{
    /// <summary>The row of a session.</summary>
    public static SessionRow From(LoginSession session, string? current) =>
        new(
            session.Id,
            session.User.Name,
            session.Via,
            session.Created,
            session.Seen,
            session.Expires,
            session.Address,
            session.Agent,
            session.Id == current
        );
}
