using EPortal.Accounts.Sessions;
using EPortal.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;

namespace EPortal.Accounts.Sso;

/// <summary>Single sign-on: nothing is mapped while it is not set up.</summary>
internal static class SsoFeature
{
    private const string Root = "/admin/sso";

    /// <summary>Adds the scheme.</summary>
    public static void AddSso(this AuthenticationBuilder authentication, SsoOptions sso)
    {
        if (!sso.IsOn)
            return;
        authentication.Services.AddSingleton<SsoState>();
        authentication
            .Services.AddOptions<OAuthOptions>(SsoHandler.Name)
            .Configure<SsoState>((options, state) => SsoHandler.Configure(options, sso, state));
        authentication.AddOAuth<OAuthOptions, SsoHandler>(SsoHandler.Name, _ => { });
    }

    /// <summary>Takes the provider's answers; only under its own path, so that no other call pays for it.</summary>
    public static void UseSso(this IApplicationBuilder app) =>
        app.UseWhen(context => context.Request.Path.StartsWithSegments(Root), branch => branch.UseAuthentication());

    /// <summary>Maps where a sign-on begins.</summary>
    public static void MapSso(this IEndpointRouteBuilder routes)
    {
        if (!routes.ServiceProvider.GetRequiredService<SsoOptions>().IsOn)
            return;
        routes
            .MapLazily(
                $"{Root}/login",
                [HttpMethods.Get],
                (ApiParameters parameters) =>
                    Results.Challenge(
                        new AuthenticationProperties { RedirectUri = LoginEndpoints.Next(parameters.Text("next")) },
                        [SsoHandler.Name]
                    )
            )
            .AllowAnonymous();
    }
}
