using EPortal.Accounts.Sso;

namespace EPortal.Hosting;

/// <summary>
/// What browsers are told with everything under <c>/admin</c>: load nothing from elsewhere, run nothing that stands in a page,
/// be in no frame, guess no types, keep nothing.
/// </summary>
internal sealed class PageHeaders(RequestDelegate next, SsoOptions sso)
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

    // A logout is a form, and where it leads on to counts as its target.
    private readonly string _policy = sso.LogoutUrl is { } away ? $"{Policy} {away.GetLeftPart(UriPartial.Authority)}" : Policy;

    /// <summary>Adds them; an endpoint may set a policy of its own.</summary>
    public Task Invoke(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/admin") && !context.Request.Path.StartsWithSegments("/admin/api/kcare"))
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = _policy;
            headers.XFrameOptions = "DENY";
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers.CacheControl = "no-store";
        }

        return next(context);
    }
}
