using System.Security.Claims;
using EPortal.Accounts.Sso;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EPortal.Accounts.Sessions;

/// <summary>The login page and what it sends.</summary>
internal static class LoginEndpoints
{
    /// <summary>The login page.</summary>
    public const string LoginPath = "/admin/login";

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapLazily(LoginPath, [HttpMethods.Get], Show).AllowAnonymous();
        routes.MapLazily(LoginPath, [HttpMethods.Post], LogIn).AllowAnonymous().DisableAntiforgery();
        routes
            .MapLazily("/admin/logout", [HttpMethods.Post], LogOut)
            .RequireAuthorization(ApiRoutes.PagePolicy)
            .DisableAntiforgery();
    }

    /// <summary>A place within the console to go on to; anything else leads home (no open redirect).</summary>
    public static string Next(string? next) =>
        LocalPath.Of(next) is var path && path.StartsWith(LoginPath, StringComparison.OrdinalIgnoreCase)
            ? ConsoleRoutes.Base
            : path;

    private static RazorComponentResult<PageHost<LoginPage, LoginModel>> Show(
        ApiParameters parameters,
        UserStore users,
        SsoOptions sso
    ) => Page(users, sso, Next(parameters.Text("next")), LoginProblems.SentenceOrNull(parameters.Text("problem")));

    private static async Task<IResult> LogIn(
        ApiParameters parameters,
        PasswordLogin login,
        FailedLogins failed,
        UserStore users,
        SsoOptions sso,
        HttpContext context
    )
    {
        var next = Next(parameters.Text("next"));
        var (name, password) = (parameters.Text("username") ?? "", parameters.Text("password") ?? "");
        var result = await login.Try(name, password, context);
        if (result.User is not { } user)
        {
            if (!result.DirectoryFailed)
                failed.Add(name, context.Address());
            var (status, problem) = result switch
            {
                { TooMany: true } => (StatusCodes.Status429TooManyRequests, LoginProblems.TooMany),
                { DirectoryFailed: true } => (StatusCodes.Status503ServiceUnavailable, LoginProblems.DirectoryFailed),
                _ => (StatusCodes.Status401Unauthorized, LoginProblems.Wrong),
            };
            if (status != StatusCodes.Status401Unauthorized)
                GuardAnswers.SayWhen(context);
            var typed = name.Length is > 0 and <= UserName.MaxLength ? name : null;
            return Page(
                users,
                sso,
                next,
                LoginProblems.SentenceOrNull(problem),
                status,
                typed,
                ResumableForm.ParseOrNull(parameters.Text("kept"))
            );
        }

        await context.SignInAsync(SessionAuthentication.Name, Principal(user.Name, SessionStore.ByPassword));
        return ResumableForm.ParseOrNull(parameters.Text("kept")) is { } kept
            ? ConsoleRoutes.Show<ResumePage, ResumableForm>(kept)
            : TypedResults.LocalRedirect(next, permanent: false, preserveMethod: false);
    }

    /// <summary>Ends the session; after single sign-on the provider is told too, if it says where.</summary>
    private static async Task<IResult> LogOut(HttpContext context, SsoOptions sso)
    {
        var via = context.User.FindFirstValue(SessionAuthentication.ViaClaim);
        await context.SignOutAsync(SessionAuthentication.Name);
        return via == SsoOptions.Via && sso.LogoutAddressOrNull(context.Request) is { } away
            ? TypedResults.Redirect(away)
            : TypedResults.LocalRedirect(LoginPath);
    }

    /// <summary>Who logs in, for <see cref="SessionAuthentication"/>.</summary>
    public static ClaimsPrincipal Principal(string userName, string via) =>
        new(
            new ClaimsIdentity(
                [new Claim(ClaimTypes.Name, userName), new Claim(SessionAuthentication.ViaClaim, via)],
                via
            )
        );

    /// <summary>The login page in place of what a form asked for; what was typed is kept in it.</summary>
    public static IResult Page(HttpContext context, ResumableForm kept, string problem) =>
        Page(
            context.RequestServices.GetRequiredService<UserStore>(),
            context.RequestServices.GetRequiredService<SsoOptions>(),
            ConsoleRoutes.Base,
            LoginProblems.SentenceOrNull(problem),
            StatusCodes.Status401Unauthorized,
            kept: kept
        );

    private static RazorComponentResult<PageHost<LoginPage, LoginModel>> Page(
        UserStore users,
        SsoOptions sso,
        string next,
        string? problem,
        int status = StatusCodes.Status200OK,
        string? userName = null,
        ResumableForm? kept = null
    ) =>
        ConsoleRoutes.Show<LoginPage, LoginModel>(
            new LoginModel(next, problem, userName, sso.IsOn, users.Any(), kept),
            status
        );
}

/// <summary>What the login page shows.</summary>
/// <param name="Next">Where the login leads.</param>
/// <param name="Problem">Why the last one failed, or why one is needed.</param>
/// <param name="UserName">Whom the last one was for: then the password is to be typed again.</param>
/// <param name="Sso">Whether there is single sign-on.</param>
/// <param name="HasUsers">Whether anybody can log in.</param>
/// <param name="Kept">The form that somebody was at; null for none.</param>
internal sealed record LoginModel(
    string Next,
    string? Problem,
    string? UserName,
    bool Sso,
    bool HasUsers,
    ResumableForm? Kept
);
