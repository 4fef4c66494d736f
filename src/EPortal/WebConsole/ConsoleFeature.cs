namespace EPortal.WebConsole;

/// <summary>What all pages share.</summary>
internal static class ConsoleFeature
{
    /// <summary>Maps it; each feature maps its own pages.</summary>
    public static void MapConsole(this IEndpointRouteBuilder routes)
    {
        ConsoleAssets.Map(routes);
        ThemeEndpoint.Map(routes);
    }
}
