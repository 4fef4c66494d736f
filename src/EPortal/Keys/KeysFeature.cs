using EPortal.Api;
using EPortal.Data;

namespace EPortal.Keys;

/// <summary>Registration keys.</summary>
internal static class KeysFeature
{
    /// <summary>Adds them.</summary>
    public static void AddKeys(this IServiceCollection services) => services.AddSingleton<KeyStore>();

    /// <summary>Adds what only the server needs.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="hideFromReaders">Whether read-only accounts are not shown keys.</param>
    public static void AddKeysWeb(this IServiceCollection services, bool hideFromReaders)
    {
        services.AddSingleton<KeyGuard>();
        services.AddSingleton(provider =>
        {
            var database = provider.GetRequiredService<Database>();
            return new FleetSecrets(hideFromReaders, () => database.Read(KeyStore.NamesEver));
        });
    }

    /// <summary>Maps the calls and pages.</summary>
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        KeyEndpoints.Map(routes);
        KeyPages.Map(routes);
    }
}
