using System.Security.Claims;
using System.Text.Encodings.Web;
using EPortal.Api;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace EPortal.Accounts.Sessions;

/// <summary>Who looks at the console: by the cookie that a login gave.</summary>
internal sealed class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, SessionStore sessions, SessionLifetime lifetime)
    : SignInAuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string Name = "session";

    /// <summary>Name of the cookie.</summary>
    public const string Cookie = "eportal_session";

    /// <summary>Name of the claim with the session's id.</summary>
    public const string IdClaim = "session_id";

    /// <summary>Name of the claim that says how the login was made.</summary>
    public const string ViaClaim = "via";

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Cookies[Cookie] is not { } token)
            return AuthenticateResult.NoResult();
        if (await sessions.UseOrNull(token) is not { } session)
            return AuthenticateResult.Fail("no such session");
        var identity = new ClaimsIdentity(
            [
                new Claim(ClaimTypes.Name, session.User.Name), new Claim(ClaimTypes.Role, session.User.Role),
                new Claim(IdClaim, session.Id), new Claim(ViaClaim, session.Via),
            ],
            Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Name));
    }

    /// <summary>Begins a session for the user of that name; one that the browser had before ends.</summary>
    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        var name = user.FindFirstValue(ClaimTypes.Name) ?? throw new InvalidOperationException("A login without a name.");
        var actor = new Data.Actor(name, Context.Address());
        if (Request.Cookies[Cookie] is { } before)
            await sessions.Leave(actor, before);
        var token = await sessions.Open(actor, name, user.FindFirstValue(ViaClaim) ?? SessionStore.ByPassword, Request.Headers.UserAgent.ToString());
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
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // A part of a page that is fetched anew leads the whole page to the login.
        var isPart = Request.Headers.ContainsKey("HX-Request");
        var next = HttpMethods.IsGet(Request.Method) && !isPart ? $"?next={Uri.EscapeDataString(Request.Path + Request.QueryString)}" : "";
        if (isPart)
        {
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            Response.Headers["HX-Redirect"] = LoginEndpoints.LoginPath;
        }
        else
        {
            Response.Redirect($"{LoginEndpoints.LoginPath}{next}");
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => ErrorPages.Write(
        Context, StatusCodes.Status403Forbidden, ApiErrors.Forbidden, "This account may read, and change nothing.");

    private new CookieOptions Options(TimeSpan? age) => new()
    {
        HttpOnly = true,
        IsEssential = true,
        MaxAge = age,
        Path = "/",
        SameSite = SameSiteMode.Lax,
        Secure = Request.IsHttps,
    };
}
