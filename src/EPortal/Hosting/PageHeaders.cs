using EPortal.Accounts.Sso;
using EPortal.Api;

namespace EPortal.Hosting;

/// <summary>
/// What browsers are told with everything under <c>/admin</c>: load nothing from elsewhere, run no inline scripts,
/// be in no frame, guess no types, keep nothing.
/// </summary>
internal sealed class PageHeaders(RequestDelegate next, SsoOptions sso)
{
    // What a whole fleet calls all the time, and no browser.
    private const string Checkins = "/admin/api/kcare/checkin";
    private const string OwnScripts = "script-src 'self'; style-src 'self'";
    private const string Policy =
        "default-src 'none'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

    // A logout is a form, and where it leads on to counts as its target.
    private readonly string _away = sso.LogoutUrl is { } away ? $" {away.GetLeftPart(UriPartial.Authority)}" : "";

    /// <summary>Adds them.</summary>
    public Task Invoke(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/admin") && !context.Request.Path.StartsWithSegments(Checkins))
        {
            var headers = context.Response.Headers;
            context.Response.OnStarting(() =>
            {
                headers.ContentSecurityPolicy =
                    $"{Policy}{_away}; {ApiDescription.PolicyOrNull(context) ?? OwnScripts}";
                return Task.CompletedTask;
            });
            headers.XFrameOptions = "DENY";
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers.CacheControl = "no-store";
        }

        return next(context);
    }
}
