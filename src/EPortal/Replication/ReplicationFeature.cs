using EPortal.Agents;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Replication.Channel;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using Microsoft.Extensions.Logging.Abstractions;

namespace EPortal.Replication;

/// <summary>Replication between portals.</summary>
internal static class ReplicationFeature
{
    /// <summary>Adds what server and commands use.</summary>
    public static void AddReplication(
        this IServiceCollection services,
        ReplicationOptions options,
        EntityCatalog catalog
    )
    {
        services.AddSingleton(options);
        services.AddSingleton(new StateReader(catalog));
        services.AddSingleton<ManifestExchange>();
        services.AddSingleton<StateDigest>();
        services.AddSingleton<OperationImport>();
        services.AddSingleton<FullMerge>();
        services.AddSingleton<CheckInMerge>();
        services.AddSingleton<PeerDirectory>();
        services.AddSingleton<ReplicationStatus>();
        services.AddSingleton<ChangeGuard>();
        services.AddSingleton<ServerFinder, UnknownServers>();
        services.AddSingleton<CheckInsElsewhere, CheckInsOfPeers>();
        services.AddSingleton<PeerFiles>();
        // In the place of the patch source alone.
        services.AddSingleton<Upstream>(provider => new PeerUpstream(
            provider.GetRequiredService<PatchSourceManager>().Upstream,
            provider.GetRequiredService<PeerFiles>(),
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<PatchFolders>()
        ));
        services.AddSingleton(provider => new PeerLink.Parts(
            provider.GetRequiredService<ReplicationOptions>(),
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<ChangeLog>(),
            provider.GetRequiredService<OperationImport>(),
            provider.GetRequiredService<FullMerge>(),
            provider.GetRequiredService<CheckInMerge>(),
            provider.GetRequiredService<StateDigest>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<PeerLink>>() ?? NullLogger<PeerLink>.Instance,
            provider.GetService<HttpMessageHandler>()
        ));
    }

    /// <summary>Adds what only the server needs.</summary>
    public static void AddReplicationWeb(this IServiceCollection services)
    {
        services.AddSingleton<PeerSessions>();
        services.AddSingleton<ChangeFeed>();
        services.AddSingleton<StateFeed>();
        services.AddSingleton<PeerService>();
        services.AddHostedService<PeerFilesWorker>();
        services.AddSingleton<ReplicationWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<ReplicationWorker>());
    }

    /// <summary>
    /// Maps what shows its state, and the calls of other nodes; of these there are none without a shared key.
    /// </summary>
    public static void MapReplication(this IEndpointRouteBuilder routes, bool isOn)
    {
        ReplicationStatusEndpoint.Map(routes);
        ReplicationPages.Map(routes);
        if (isOn)
            ReplicationEndpoints.Map(routes);
    }
}
