using EPortal.Accounts.Ldap;
using EPortal.Accounts.Sessions;
using EPortal.Accounts.Sso;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Data;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;

namespace EPortal.Accounts;

/// <summary>Accounts: users, logins and sessions, who calls, and the calls on accounts.</summary>
internal static class AccountsFeature
{
    private static readonly TimeSpan s_remembered = TimeSpan.FromDays(90);

    /// <summary>Adds accounts, sessions and where logins come from.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="minPasswordLength">Shortest password, in characters.</param>
    /// <param name="lifetime">How long logins last.</param>
    /// <param name="externalLifetime">How long logins by a directory or sign-on provider count.</param>
    /// <param name="sso">The sign-on provider.</param>
    public static void AddAccounts(
        this IServiceCollection services,
        int minPasswordLength,
        SessionLifetime lifetime,
        TimeSpan externalLifetime,
        SsoOptions sso
    )
    {
        services.AddSingleton(provider => new UserStore(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<ChangeLog>(),
            minPasswordLength,
            provider.GetRequiredService<PasswordCost>()
        ));
        services.AddSingleton(PasswordCost.Standard);
        services.AddSingleton<ApiKeyStore>();
        services.AddSingleton<LdapStore>();
        services.AddSingleton(sso);
        services.AddSingleton(provider => new ExternalLogins(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<LdapStore>(),
            sso,
            externalLifetime
        ));
        services.AddSingleton(lifetime);
        services.AddSingleton<SessionStore>();
    }

    /// <summary>Adds what only the server needs: authentication and the policies of the API and of pages.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="keyHeader">Header that carries an API key.</param>
    /// <param name="sso">The sign-on provider.</param>
    public static void AddAccountsWeb(this IServiceCollection services, string keyHeader, SsoOptions sso)
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
