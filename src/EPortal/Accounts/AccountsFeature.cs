using EPortal.Accounts.Ldap;
using EPortal.Accounts.Sessions;
using EPortal.Accounts.Sso;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Data;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;

namespace EPortal.Accounts;

/// <summary>Accounts over HTTP: who calls, logins and sessions, and the calls on accounts.</summary>
internal static class AccountsFeature
{
    private static readonly TimeSpan s_remembered = TimeSpan.FromDays(90);

    /// <summary>Adds authentication and the policies of the API and of pages.</summary>
    public static void AddAccounts(
        this IServiceCollection services,
        string keyHeader,
        SessionLifetime lifetime,
        SsoOptions sso
    )
    {
        services.AddSingleton(provider =>
            Guards(
                provider.GetRequiredService<Database>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<SecretGuards>>()
            )
        );
        services.AddSingleton<PasswordLogin>();
        services.AddSingleton<DirectoryRecheck>();
        services.AddSingleton<FailedLogins>();
        services.AddSingleton<NewApiKeys>();
        services.AddHostedService(provider => provider.GetRequiredService<FailedLogins>());
        services.AddSingleton<LdapTest>();
        services.AddSingleton(lifetime);
        services.AddRazorComponents();
        // No default scheme: calls of agents carry Basic credentials of their own, which mean no account.
        services
            .AddAuthentication()
            .AddScheme<AccountAuthenticationOptions, AccountAuthentication>(
                AccountAuthentication.Name,
                options => options.KeyHeader = keyHeader
            )
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.Name, _ => { })
            .AddSso(sso);
        KeepNoKeys(services);
        services
            .AddAuthorizationBuilder()
            .AddPolicy(
                ApiRoutes.ReaderPolicy,
                policy => policy.AddAuthenticationSchemes(AccountAuthentication.Name).RequireAuthenticatedUser()
            )
            .AddPolicy(
                ApiRoutes.AdminPolicy,
                policy => policy.AddAuthenticationSchemes(AccountAuthentication.Name).RequireRole(ApiRoutes.AdminPolicy)
            )
            .AddPolicy(
                ApiRoutes.PagePolicy,
                policy => policy.AddAuthenticationSchemes(SessionAuthentication.Name).RequireAuthenticatedUser()
            )
            .AddPolicy(
                ApiRoutes.PageAdminPolicy,
                policy => policy.AddAuthenticationSchemes(SessionAuthentication.Name).RequireRole(ApiRoutes.AdminPolicy)
            );
    }

    /// <summary>
    /// Recent logins and their addresses are read from the user log, so a restart during an attack locks no owner out.
    /// </summary>
    private static SecretGuards Guards(Database database, TimeProvider time, ILogger<SecretGuards> logger)
    {
        var guards = new SecretGuards(time, logger);
        var logins = new UserLogQuery
        {
            Action = "login",
            Since = time.GetUtcNow() - s_remembered,
            Limit = SecretGuard.MaxProved,
        };
        foreach (
            var login in database
                .Read(logins.Run)
                .Reverse()
                .Where(login => login is { Address: not null, Detail: SessionStore.ByPassword })
        )
            guards.Passwords.Remember(ClientAddress.Of(login.Address), UserStore.Folded(login.Actor));
        return guards;
    }

    /// <summary>
    /// The framework would keep keys of its own in the home folder of whoever runs the portal, readable. Nothing here
    /// is signed or encrypted with them: sessions and sign-ons are in the store and in memory.
    /// </summary>
    private static void KeepNoKeys(IServiceCollection services)
    {
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        foreach (
            var loader in services
                .Where(service => service.ImplementationType?.Name == "DataProtectionHostedService")
                .ToList()
        )
            services.Remove(loader);
    }

    /// <summary>Maps all calls on accounts, and their pages.</summary>
    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        UserEndpoints.Map(routes);
        ApiKeyEndpoints.Map(routes);
        SessionEndpoints.Map(routes);
        LdapEndpoints.Map(routes);
        LoginEndpoints.Map(routes);
        routes.MapSso();
        UserLogEndpoints.Map(routes);
        UserPages.Map(routes);
        ApiKeyPages.Map(routes);
        SessionPages.Map(routes);
        LdapPages.Map(routes);
        UserLogPages.Map(routes);
    }
}
