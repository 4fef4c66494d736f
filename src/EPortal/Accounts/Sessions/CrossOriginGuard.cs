using EPortal.Api;
using EPortal.WebConsole;

namespace EPortal.Accounts.Sessions;

/// <summary>
/// Against forged requests from other sites: a browser says with every changing request where it comes from
/// (<c>Sec-Fetch-Site</c>, else <c>Origin</c>), and only what comes from the portal's own pages passes. A request that
/// says neither is no browser's and passes if it does not live on a cookie. Logins are guarded as well.
/// The scheme counts where it is known: what came by TLS (here, or as a trusted proxy says) is not taken from a page
/// without. A page with TLS is taken where no proxy says how it was reached: nobody can forge that page who could not
/// forge one of ours.
/// </summary>
internal sealed class CrossOriginGuard(RequestDelegate next)
{
    /// <summary>Refuses or passes on.</summary>
    public Task Invoke(HttpContext context) =>
        IsForged(context.Request)
            ? ErrorPages.Write(
                context,
                StatusCodes.Status403Forbidden,
                ApiErrors.Forbidden,
                "cross-origin request refused: changes are accepted from the portal's own pages only"
            )
            : next(context);

    private static bool IsForged(HttpRequest request)
    {
        if (
            HttpMethods.IsGet(request.Method)
            || HttpMethods.IsHead(request.Method)
            || HttpMethods.IsOptions(request.Method)
            || !request.Path.StartsWithSegments("/admin")
        )
            return false;
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
            return site is not ("same-origin" or "none");
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0)
            return !IsOwn(origin, request);
        return request.Cookies.ContainsKey(SessionAuthentication.Cookie) && request.Headers.Authorization.Count == 0;
    }

    private static bool IsOwn(string origin, HttpRequest request)
    {
        if (
            !Uri.TryCreate(origin, UriKind.Absolute, out var from)
            || !(from.Scheme == Uri.UriSchemeHttps || (from.Scheme == Uri.UriSchemeHttp && !request.IsHttps))
        )
            return false;
        // Host and port, without the port that the scheme implies: as Uri writes it.
        return Uri.TryCreate($"{from.Scheme}://{request.Host}", UriKind.Absolute, out var own)
            && from.Authority.Equals(own.Authority, StringComparison.OrdinalIgnoreCase);
    }
}
