using System.Text.Json;
using System.Text.Json.Serialization;
using EPortal.Accounts;
using EPortal.Accounts.Sessions;
using EPortal.Accounts.Sso;
using EPortal.Agents;
using EPortal.Api;
using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Hosting.Proxies;
using EPortal.Keys;
using EPortal.Operations;
using EPortal.Operations.Reports;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Replication;
using EPortal.Replication.Channel;
using EPortal.Servers;
using EPortal.WebConsole;

namespace EPortal.Hosting;

/// <summary>
/// The portal's table of contents: what each feature adds and maps, and the settings that it gets. What they add is in
/// their folders, in <c>ThingFeature.cs</c>.
/// </summary>
internal static class Features
{
    /// <summary>Adds the objects of all features, for the server and for commands. Nothing is made yet.</summary>
    public static void Add(
        IServiceCollection services,
        Settings settings,
        DataFolder folder,
        Database database,
        ChangeLog log
    )
    {
        services.AddData(
            database,
            log,
            log.Time,
            folder.ConfigFile,
            settings.ReplicationCleanAge,
            settings.UserLogMaxAge,
            settings.UserLogMaxRows
        );
        services.AddBlobs(Portal.PatchesRootOf(settings));
        services.AddPatchsets(
            folder.PathOf("config/signing.key"),
            Portal.TrustedKeysOf(settings),
            Portal.LimitsOf(settings)
        );
        services.AddFeeds();
        services.AddKeys();
        services.AddServers(settings.ServerChangesPerHour, settings.ServerHistoryMaxAge, settings.ServerHistoryMaxRows);
        services.AddAgents(folder.Root);
        services.AddPatchSource(
            SourceSettings.Initial(settings),
            setting => SourceSettings.OptionsOf(settings, setting),
            settings.LimitPatchsets,
            settings.CacheMode,
            CacheOf(settings)
        );
        services.AddAccounts(
            settings.AuthPasswordMinLength,
            new SessionLifetime(settings.AuthSessionLifetime, settings.AuthRefreshSession),
            settings.AuthExternalLifetime,
            SsoOf(settings)
        );
        services.AddOperations(
            settings.MetricsToken,
            [.. settings.MetricsAllowedNetworks.Select(network => network.Network)],
            settings.ReadyMinFreeBytes,
            settings.DataDir,
            Portal.PatchesRootOf(settings),
            settings.ServerStatsPeriod
        );
        services.AddReplication(ReplicationOf(settings, folder), Entities.Catalog);
        services.AddReports(
            new ReportOptions(
                folder.InstanceId,
                CliVersion.Text,
                folder.Reports,
                settings.SendCheckinPeriod,
                settings.ReducedReport,
                settings.ReportMailto,
                $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/usr/lib"
            )
        );
    }

    /// <summary>Adds what only the server needs of them.</summary>
    public static void AddWeb(IServiceCollection services, Settings settings)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            // Numbers are numbers; else the description would call each a number or a text.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.AddApiDescription(settings.ApiAuthHeader);
        services.AddConsole(
            isIndexOpen: !settings.AuthRestrictedIndex,
            replicates: settings.ReplicationSharedKey is not null
        );
        services.AddPatchsetsWeb();
        services.AddKeysWeb(settings.HideSecretsFromReaders);
        services.AddServersWeb();
        services.AddAgentsWeb(
            settings.RegisterRateLimit,
            [.. settings.RegisterAllowedNetworks?.Select(network => network.Network) ?? []]
        );
        services.AddAccountsWeb(settings.ApiAuthHeader, SsoOf(settings));
        services.AddHostedService<FleetPreload>();
        services.AddPatchSourceWeb(
            // A standby node gets from the others what they fetch and enable.
            settings.ReplicationStandby
                ? null
                : settings.AutoUpdatePeriod,
            CacheOf(settings),
            settings.CacheKeepPeriod,
            new RepositoryLogin(settings.ServePatchSourceUser, settings.ServePatchSourcePassword),
            settings.ServePatchSourceExpiry
        );
        services.AddOperationsWeb(settings.CleanInactiveServersPeriod);
        services.AddReportsWeb(settings.SendCheckinPeriod);
        services.AddReplicationWeb();
        services.AddProxies(settings);
    }

    /// <summary>Maps their calls and pages.</summary>
    public static void Map(IEndpointRouteBuilder routes, Settings settings)
    {
        routes
            .MapLazily("/", [HttpMethods.Get], () => TypedResults.Redirect(ConsoleRoutes.Base + "/"))
            .AllowAnonymous();
        routes.MapApiDescription();
        routes.MapConsole();
        routes.MapFeeds();
        routes.MapKeys();
        routes.MapServers();
        routes.MapAgents();
        routes.MapPatchSource(settings.ServePatchSource);
        routes.MapAccounts();
        routes.MapOperations();
        routes.MapReports(settings.ServePatchSource);
        routes.MapReplication(settings.ReplicationSharedKey is not null);
    }

    private static string CacheOf(Settings settings) => Path.Combine(Portal.PatchesRootOf(settings), "cache");

    private static ReplicationOptions ReplicationOf(Settings settings, DataFolder folder) =>
        new(
            settings.NodeUrl,
            settings.LeaderUrl,
            [.. (settings.ReplicationSharedKey ?? []).Select(key => new SharedKey(key))],
            settings.ReplicationCheckCert,
            settings.ReplicationStandby,
            settings.CacheMode,
            folder.PathOf(".replication.lock")
        );

    private static SsoOptions SsoOf(Settings settings) =>
        new(
            settings.OidcAuthUrl,
            settings.OidcTokenUrl,
            settings.OidcUserinfoUrl,
            settings.OidcLogoutUrl,
            settings.OidcClientId,
            settings.OidcClientSecret
        );
}
