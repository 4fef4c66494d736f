namespace EPortal.WebConsole;

/// <summary>What all pages share.</summary>
internal static class ConsoleFeature
{
    /// <summary>Adds it.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="isIndexOpen">Whether the install guide is shown before a login.</param>
    /// <param name="replicates">Whether this portal replicates with others.</param>
    public static void AddConsole(this IServiceCollection services, bool isIndexOpen, bool replicates)
    {
        services.AddSingleton(new NavPlaces(replicates));
        services.AddSingleton(new PublicIndex(isIndexOpen));
        services.AddSingleton<DuplicateSubmitGuard>();
        services.AddRazorComponents();
    }

    /// <summary>Maps it; each feature maps its own pages.</summary>
    public static void MapConsole(this IEndpointRouteBuilder routes)
    {
        ConsoleAssets.Map(routes);
        ThemeEndpoint.Map(routes);
    }
}
