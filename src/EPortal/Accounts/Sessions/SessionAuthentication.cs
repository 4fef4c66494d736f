using System.Security.Claims;
using System.Text.Encodings.Web;
using EPortal.Api;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace EPortal.Accounts.Sessions;

/// <summary>Who looks at the console: by the cookie that a login gave.</summary>
internal sealed class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    SessionStore sessions,
    SessionLifetime lifetime,
    DirectoryRecheck recheck
) : SignInAuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string Name = "session";

    /// <summary>Name of the cookie.</summary>
    public const string Cookie = "eportal_session";

    /// <summary>Name of the claim with the session's id.</summary>
    public const string IdClaim = "session_id";

    /// <summary>Name of the claim that says how the login was made.</summary>
    public const string ViaClaim = "via";

    private DirectoryStatus _standing;

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Cookies[Cookie] is not { } token)
            return AuthenticateResult.NoResult();
        if (await sessions.UseOrNull(token) is not { } session)
            return AuthenticateResult.Fail("no such session");
        _standing = await recheck.Of(session.User);
        if (_standing != DirectoryStatus.Good)
            return AuthenticateResult.Fail("the login of this user is not confirmed");
        // As often as the use is noted, so not with every request.
        if (session.IsUseNoted && lifetime.IsRefreshed)
            Response.Cookies.Append(Cookie, token, Options(lifetime.Lifetime));
        var identity = new ClaimsIdentity(
            [
                new Claim(ClaimTypes.Name, session.User.Name),
                new Claim(ClaimTypes.Role, session.User.Role),
                new Claim(IdClaim, session.Id),
                new Claim(ViaClaim, session.Via),
            ],
            Name
        );
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Name));
    }

    /// <summary>Begins a session for the user of that name; one that the browser had before ends.</summary>
    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        var name =
            user.FindFirstValue(ClaimTypes.Name) ?? throw new InvalidOperationException("A login without a name.");
        var actor = new Data.Actor(name, Context.Address());
        if (Request.Cookies[Cookie] is { } before)
            await sessions.Leave(actor, before);
        var token = await sessions.Open(
            actor,
            name,
            user.FindFirstValue(ViaClaim) ?? SessionStore.ByPassword,
            Request.Headers.UserAgent.ToString()
        );
        Response.Cookies.Append(Cookie, token, Options(lifetime.Lifetime));
    }

    /// <inheritdoc/>
    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        if (Request.Cookies[Cookie] is not { } token)
            return;
        await sessions.Leave(Context.Actor(), token);
        Response.Cookies.Delete(Cookie, Options(null));
    }

    /// <inheritdoc/>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // A refreshed part of a page leads the whole page to the login.
        var isPart = Request.Headers.ContainsKey("HX-Request");
        var problem =
            _standing == DirectoryStatus.Unknown ? LoginProblems.DirectoryFailed
            : Request.Cookies.ContainsKey(Cookie) ? LoginProblems.Ended
            : null;
        if (HttpMethods.IsPost(Request.Method) && await ResumableForm.ReadOrNull(Context) is { } kept)
        {
            // The page goes where the part would have gone to, but for this.
            if (isPart)
                (Response.Headers["HX-Retarget"], Response.Headers["HX-Reswap"]) = ("body", "innerHTML");
            await LoginEndpoints.Page(Context, kept, problem ?? LoginProblems.Ended).ExecuteAsync(Context);
            return;
        }

        var login = QueryHelpers.AddQueryString(
            LoginEndpoints.LoginPath,
            new Dictionary<string, string?> { ["next"] = PageOf(isPart), ["problem"] = problem }.Where(one =>
                one.Value is not null
            )
        );
        if (isPart)
        {
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            Response.Headers["HX-Redirect"] = login;
        }
        else
        {
            Response.Redirect(login);
        }
    }

    /// <summary>The page that somebody is on, to come back to; null when it is not known or lies elsewhere.</summary>
    private string? PageOf(bool isPart)
    {
        if (HttpMethods.IsGet(Request.Method) && !isPart)
            return Request.Path.ToUriComponent() + Request.QueryString.ToUriComponent();
        var said = Request.Headers[isPart ? "HX-Current-URL" : "Referer"].ToString();
        return
            Uri.TryCreate(said, UriKind.Absolute, out var page)
            && page.Authority.Equals(Request.Host.ToUriComponent(), StringComparison.OrdinalIgnoreCase)
            ? LocalPath.OrNull(page.PathAndQuery)
            : null;
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ErrorPages.Write(Context, StatusCodes.Status403Forbidden, ApiErrors.Forbidden, "this account is read-only");

    private new CookieOptions Options(TimeSpan? age) =>
        new()
        {
            HttpOnly = true,
            IsEssential = true,
            MaxAge = age,
            Path = "/",
            SameSite = SameSiteMode.Lax,
            Secure = Request.IsHttps,
        };
}
