using EPortal.Api;

namespace EPortal.Accounts;

/// <summary>Accounts over HTTP: who calls, and the calls on accounts.</summary>
internal static class AccountsFeature
{
    /// <summary>Wrong passwords from one address, or for one account, before guessing is slowed down.</summary>
    private const int WrongAllowed = 10;

    /// <summary>Adds authentication and the policies of the API.</summary>
    public static void AddAccounts(this IServiceCollection services, string keyHeader)
    {
        services.AddSingleton(new LoginGuard(WrongAllowed));
        services.AddSingleton<PasswordLogin>();
        // No default scheme: calls of agents carry Basic credentials of their own, which mean no account.
        services.AddAuthentication()
            .AddScheme<AccountAuthenticationOptions, AccountAuthentication>(AccountAuthentication.Name, options => options.KeyHeader = keyHeader);
        services.AddAuthorizationBuilder()
            .AddPolicy(ApiRoutes.ReaderPolicy, policy => policy.AddAuthenticationSchemes(AccountAuthentication.Name).RequireAuthenticatedUser())
            .AddPolicy(ApiRoutes.AdminPolicy, policy => policy.AddAuthenticationSchemes(AccountAuthentication.Name).RequireRole(ApiRoutes.AdminPolicy));
    }

    /// <summary>Maps all calls on accounts.</summary>
    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        UserEndpoints.Map(routes);
        ApiKeyEndpoints.Map(routes);
        UserLogEndpoints.Map(routes);
    }
}
