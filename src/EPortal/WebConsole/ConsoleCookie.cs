namespace EPortal.WebConsole;

/// <summary>
/// How the console's own cookies are set, which hold nothing secret: for this site and no script, under TLS for TLS
/// alone.
/// </summary>
internal static class ConsoleCookie
{
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(365);

    /// <summary>Of one that a browser forgets when it closes.</summary>
    public static CookieOptions Passing(HttpContext context) =>
        new()
        {
            HttpOnly = true,
            IsEssential = true,
            Path = ConsoleRoutes.Base,
            SameSite = SameSiteMode.Lax,
            Secure = context.Request.IsHttps,
        };

    /// <summary>Of one that a browser keeps for a year: how somebody likes the pages.</summary>
    public static CookieOptions Lasting(HttpContext context)
    {
        var options = Passing(context);
        options.MaxAge = s_kept;
        return options;
    }
}
