namespace EPortal.Feeds;

/// <summary>Feeds, what they offer, and rollouts.</summary>
internal static class FeedsFeature
{
    /// <summary>Adds them.</summary>
    public static void AddFeeds(this IServiceCollection services)
    {
        services.AddSingleton<Offers>();
        services.AddSingleton<PatchsetLevels>();
        services.AddSingleton<FeedStore>();
        services.AddSingleton<Rollout>();
    }

    /// <summary>Maps the calls and pages of feeds and patchsets.</summary>
    public static void MapFeeds(this IEndpointRouteBuilder routes)
    {
        FeedEndpoints.Map(routes);
        FeedPages.Map(routes);
        PatchsetPages.Map(routes);
    }
}
