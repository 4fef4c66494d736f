using EPortal.Servers.CheckIns;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>Registered hosts: lists, tags, registrations, check-ins.</summary>
internal static class ServersFeature
{
    /// <summary>Adds them.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="changesPerHour">How many changes of itself a host may make in an hour.</param>
    /// <param name="historyMaxAge">How long their history is kept; null for as long as there is room.</param>
    /// <param name="historyMaxRows">How many entries of it are kept; null for all.</param>
    public static void AddServers(
        this IServiceCollection services,
        int changesPerHour,
        TimeSpan? historyMaxAge,
        long? historyMaxRows
    )
    {
        services.AddSingleton(provider => new HostChangeLimiter(
            changesPerHour,
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<PatchsetUsage>();
        services.AddSingleton<ServerStore>();
        services.AddSingleton<ServerBulk>();
        services.AddSingleton<InactiveServers>();
        services.AddSingleton<TagStore>();
        services.AddSingleton<Registration>();
        // These two join the commits of the change log when they are made, and are written in this order.
        services.AddSingleton<SearchBacklog>();
        services.AddSingleton<CheckInRecorder>();
        services.AddSingleton<ServerCache>();
        services.AddSingleton(_ => ServerHistory.Retention(historyMaxAge, historyMaxRows));
    }

    /// <summary>Adds what only the server needs.</summary>
    public static void AddServersWeb(this IServiceCollection services)
    {
        services.AddSingleton<ServerCsv>();
        services.AddSingleton<ServerMaps>();
    }

    /// <summary>Maps the calls and pages of servers and tags, and what keys and feeds have to say of servers.</summary>
    public static void MapServers(this IEndpointRouteBuilder routes)
    {
        ServerEndpoints.Map(routes);
        KeyDeletionEndpoint.Map(routes);
        KeyReportEndpoints.Map(routes);
        ServerPages.Map(routes);
        ServerChangePages.Map(routes);
        OverviewPages.Map(routes);
        TagPages.Map(routes);
    }
}
