using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>The patch source: sync, automatic feeds, cache mode; and this portal as a patch source of others.</summary>
internal static class PatchSourceFeature
{
    /// <summary>Adds it; nothing is opened before it is used.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="initial">What holds where no source is set at run time.</param>
    /// <param name="optionsOf">How a source that is set is reached.</param>
    /// <param name="newest">How many patchsets of a product are wanted, the newest; null for all.</param>
    /// <param name="cacheMode">Whether patch files are fetched when agents ask for them.</param>
    /// <param name="cache">Folder of what can be fetched again.</param>
    public static void AddPatchSource(
        this IServiceCollection services,
        SourceSetting initial,
        Func<SourceSetting, SourceOptions> optionsOf,
        int? newest,
        bool cacheMode,
        string cache
    )
    {
        services.AddSingleton<SyncActivity>();
        services.AddSingleton(provider => new PatchSourceManager(
            provider.GetRequiredService<RuntimeSettings>(),
            initial,
            setting => new PatchSourceConnection(
                optionsOf(setting),
                new SyncScope(setting.Distros, newest),
                cacheMode,
                Path.Combine(cache, "source"),
                provider.GetRequiredService<PatchsetLibrary>(),
                provider.GetRequiredService<Database>(),
                provider.GetRequiredService<ChangeLog>(),
                provider.GetRequiredService<PortalSigner>().Trusted,
                provider.GetRequiredService<PatchsetLimits>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<SyncActivity>()
            ),
            provider.GetRequiredService<ChangeLog>(),
            cacheMode
        ));
        services.AddSingleton(provider => provider.GetRequiredService<PatchSourceManager>().Upstream);
        services.AddSingleton(provider => new SourceTest(
            optionsOf,
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<PortalSigner>().Trusted,
            provider.GetRequiredService<PatchsetLimits>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<AutoUpdate>();
    }

    /// <summary>Adds what only the server needs.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="period">How often it syncs; null for only when asked.</param>
    /// <param name="cache">Folder of what can be fetched again.</param>
    /// <param name="cacheKeep">How long a cached file is kept after its last use.</param>
    /// <param name="login">Who may use this portal as a patch source.</param>
    /// <param name="indexValidity">How long an index of this portal may be believed.</param>
    public static void AddPatchSourceWeb(
        this IServiceCollection services,
        TimeSpan? period,
        string cache,
        TimeSpan cacheKeep,
        RepositoryLogin login,
        TimeSpan indexValidity
    )
    {
        services.AddSingleton<SourceViews>();
        services.AddSingleton(provider => new SourceWorker(
            provider.GetRequiredService<PatchSourceManager>(),
            provider.GetRequiredService<AutoUpdate>(),
            period,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SourceWorker>>()
        ));
        services.AddHostedService(provider => provider.GetRequiredService<SourceWorker>());
        services.AddHostedService(provider => new CacheEviction(
            Path.Combine(cache, "patches"),
            cacheKeep,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<CacheEviction>>()
        ));
        services.AddSingleton(login);
        services.AddSingleton(provider => new PortalRepository(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<ChangeLog>(),
            provider.GetRequiredService<PatchFolders>(),
            provider.GetRequiredService<PortalSigner>(),
            provider.GetRequiredService<PatchsetLimits>(),
            Path.Combine(cache, "repository"),
            indexValidity,
            provider.GetRequiredService<TimeProvider>()
        ));
    }

    /// <summary>Maps the calls and pages.</summary>
    /// <param name="routes">Where to map.</param>
    /// <param name="servesAsSource">Whether this portal is a patch source of others.</param>
    public static void MapPatchSource(this IEndpointRouteBuilder routes, bool servesAsSource)
    {
        SourceEndpoints.Map(routes);
        SourcePages.Map(routes);
        if (servesAsSource)
            RepositoryEndpoints.Map(routes);
    }
}
