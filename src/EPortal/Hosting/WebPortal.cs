using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using EPortal.Accounts;
using EPortal.Accounts.Sessions;
using EPortal.Accounts.Sso;
using EPortal.Agents;
using EPortal.Api;
using EPortal.Blobs;
using EPortal.Feeds;
using EPortal.Hosting.Proxies;
using EPortal.Hosting.Service;
using EPortal.Keys;
using EPortal.Operations;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Servers;
using EPortal.Servers.Search;
using EPortal.WebConsole;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.HttpOverrides;

namespace EPortal.Hosting;

/// <summary>The web application of a portal: what it listens on, whom it believes, and all its calls.</summary>
internal static class WebPortal
{
    private const int MaxConnections = 20_000;

    /// <summary>
    /// How long requests that are being answered, and workers, have to end; then connections are cut.
    /// </summary>
    private static readonly TimeSpan s_toEnd = TimeSpan.FromSeconds(4);

    /// <summary>Puts it together; the caller starts it.</summary>
    /// <param name="portal">The portal.</param>
    /// <param name="service">How it runs as a service; null where it does not.</param>
    public static WebApplication Build(Portal portal, ServiceContext? service = null)
    {
        // Lines end with CR LF; leniency there lets one request hide another (RFC 9112, 2.2 permits it, nobody needs
        // it).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { Args = [], ContentRootPath = AppContext.BaseDirectory }
        );
        var settings = portal.Settings;
        service ??= ServiceContext.None;
        service.Log.AddTo(builder.Logging);
        // That it cannot start is told by whoever starts it.
        builder
            .Logging.SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical)
            // As long as it may say anything, every request gets an activity that nobody looks at.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // The framework's own lines on each request without a login; what matters is said by PasswordLogin.
            .AddFilter(typeof(AccountAuthentication).FullName, LogLevel.Warning)
            .AddFilter(typeof(SessionAuthentication).FullName, LogLevel.Warning)
            .AddFilter(typeof(SsoHandler).FullName, LogLevel.Warning);
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(host =>
            (host.ShutdownTimeout, host.ServicesStopConcurrently) = (s_toEnd, true)
        );
        WebListening.Add(builder, settings, service);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
        });
        builder.Services.Configure<HostFilteringOptions>(hosts =>
            hosts.AllowedHosts = [.. settings.AllowedHosts.Select(HostOf)]
        );
        builder.Services.AddHostFiltering(_ => { });
        builder.Services.Configure<ForwardedHeadersOptions>(forwarded => Believe(forwarded, settings));
        AddFeatures(builder.Services, portal);

        var app = builder.Build();
        app.UseMiddleware<HostNameCheck>();
        app.UseForwardedHeaders();
        IReadOnlyList<string> hosts = [.. settings.AllowedHosts.Select(HostOf)];
        app.UseMiddleware<AgentFastPath>(hosts);
        app.UseMiddleware<ProxyWatch>();
        app.UseMetrics();
        app.UseHostFiltering();
        app.UseMiddleware<ErrorAnswers>();
        app.UseMiddleware<RequestForm>();
        app.UseMiddleware<PageHeaders>();
        app.UseMiddleware<HostGuard>();
        app.UseMiddleware<CrossOriginGuard>();
        app.UseSso();
        app.UseRouting();
        app.UseAuthentication(); // Said here, for else it would come before everything.
        app.UseAuthorization();
        app.UseMiddleware<BodyCheck>();
        MapFeatures(app.MapWithHead(), settings);
        return app;
    }

    private static void MapFeatures(IEndpointRouteBuilder routes, Settings settings)
    {
        routes
            .MapLazily("/", [HttpMethods.Get], () => TypedResults.Redirect(ConsoleRoutes.Base + "/"))
            .AllowAnonymous();
        routes.MapOperations();
        routes.MapAgents();
        routes.MapAccounts();
        KeyEndpoints.Map(routes);
        KeyDeletionEndpoint.Map(routes);
        FeedEndpoints.Map(routes);
        ServerEndpoints.Map(routes);
        KeyReportEndpoints.Map(routes);
        SourceEndpoints.Map(routes);
        routes.MapConsole();
        StartPages.Map(routes);
        FeedPages.Map(routes);
        KeyPages.Map(routes);
        PatchsetPages.Map(routes);
        ServerPages.Map(routes);
        ServerChangePages.Map(routes);
        OverviewPages.Map(routes);
        TagPages.Map(routes);
        SourcePages.Map(routes);
        routes.MapApiDescription();
        if (settings.ServePatchSource)
            RepositoryEndpoints.Map(routes);
    }

    private static void AddFeatures(IServiceCollection services, Portal portal)
    {
        var settings = portal.Settings;
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            // Numbers are numbers; else the description would call each a number or a text.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.AddSingleton(new PublicIndex(!settings.AuthRestrictedIndex));
        services.AddAgents();
        services.AddAccounts(settings.ApiAuthHeader, portal.SessionLifetime, portal.SignOn);
        services.AddApiDescription(settings.ApiAuthHeader);
        services.AddOperations(Watched(portal));
        services.AddSingleton(portal);
        services.AddProxies(settings, portal.Time);
        services.AddSingleton(
            new FleetSecrets(settings.HideSecretsFromReaders, () => portal.Database.Read(KeyStore.NamesEver))
        );
        services.AddSingleton(new FileIntegrity(portal.Time));
        services.AddSingleton(provider => new PatchDelivery(
            portal.Shelf,
            provider.GetRequiredService<FileIntegrity>(),
            portal.Source.Upstream,
            portal.Time,
            provider.GetRequiredService<ILogger<PatchDelivery>>()
        ));
        services.AddSingleton(new RepositoryLogin(settings.ServePatchSourceUser, settings.ServePatchSourcePassword));
        services.AddSingleton(_ => new PortalRepository(
            portal.Database,
            portal.Log,
            portal.Folders,
            portal.Signer,
            Portal.LimitsOf(settings),
            Path.Combine(portal.PatchesRoot, "cache", "repository"),
            settings.ServePatchSourceExpiry,
            portal.Time
        ));
        services.AddHostedService(_ => new FleetPreload(portal.Known, portal.Log));
        services.AddSingleton(portal.Source);
        services.AddSingleton(portal.SourceTest);
        services.AddSingleton(portal.SyncActivity);
        services.AddSingleton<SourceViews>();
        services.AddSingleton<DuplicateSubmitGuard>();
        services.AddSingleton(provider => new SourceWorker(
            portal.Source,
            portal.AutoUpdate,
            settings.AutoUpdatePeriod,
            portal.Time,
            provider.GetRequiredService<ILogger<SourceWorker>>()
        ));
        services.AddHostedService(provider => provider.GetRequiredService<SourceWorker>());
        services.AddHostedService(provider => new CacheEviction(
            Path.Combine(portal.PatchesRoot, "cache", "patches"),
            settings.CacheKeepPeriod,
            portal.Time,
            provider.GetRequiredService<ILogger<CacheEviction>>()
        ));
        services.AddHostedService(provider => new InactiveServersWorker(
            new InactiveServers(portal.Database, portal.Log),
            portal.Database,
            settings.CleanInactiveServersPeriod,
            portal.Time,
            provider.GetRequiredService<ILogger<InactiveServersWorker>>()
        ));
        services.AddSingleton(portal.HostChangeLimiter);
        services.AddSingleton(portal.Trimming);
        services.AddHostedService(provider => new RetentionWorker(
            portal.Trimming,
            portal.Known,
            portal.Time,
            provider.GetRequiredService<ILogger<RetentionWorker>>()
        ));
        services.AddSingleton(portal.Database);
        services.AddSingleton(portal.Log);
        services.AddSingleton(portal.Time);
        services.AddSingleton(portal.Offers);
        services.AddSingleton(portal.Levels);
        services.AddSingleton(portal.Usage);
        services.AddSingleton(portal.Patchsets);
        services.AddSingleton(portal.Feeds);
        services.AddSingleton(portal.Rollout);
        services.AddSingleton(portal.Keys);
        services.AddSingleton(portal.Users);
        services.AddSingleton(portal.ApiKeys);
        services.AddSingleton(portal.Sessions);
        services.AddSingleton(portal.ExternalLogins);
        services.AddSingleton(portal.Ldap);
        services.AddSingleton(portal.Servers);
        services.AddSingleton(new ServerBulk(portal.Database, portal.Log, portal.Offers, portal.Time));
        services.AddSingleton<ServerCsv>();
        services.AddSingleton<ServerMaps>();
        services.AddSingleton(new TagStore(portal.Database, portal.Log));
        services.AddSingleton(portal.Registration);
        services.AddSingleton(portal.SearchBacklog);
        services.AddSingleton(portal.Agents);
        services.AddSingleton(portal.Signer);
        services.AddSingleton(new AgentPackage(AppContext.BaseDirectory));
        services.AddSingleton<KeyGuard>();
        services.AddSingleton(provider => new RegistrationThrottle(
            settings.RegisterRateLimit,
            [.. settings.RegisterAllowedNetworks?.Select(network => network.Network) ?? []],
            provider.GetRequiredService<KeyGuard>(),
            portal.Registration,
            portal.Time
        ));
    }

    /// <summary>What metrics and health have to know.</summary>
    internal static OperationsOptions Watched(Portal portal) =>
        new(
            portal.Settings.MetricsToken,
            [.. portal.Settings.MetricsAllowedNetworks.Select(network => network.Network)],
            portal.Settings.ReadyMinFreeBytes,
            portal.Settings.DataDir,
            portal.PatchesRoot,
            portal.Source
        );

    /// <summary>An allowed host as a request names it: IPv6 addresses stand in brackets there.</summary>
    private static string HostOf(string allowed) =>
        IPAddress.TryParse(allowed.Trim('[', ']'), out var address)
        && address.AddressFamily == AddressFamily.InterNetworkV6
            ? $"[{address}]"
            : allowed;

    /// <summary>
    /// Signals are the business of the command that serves; taken twice, a second one would not end it.
    /// </summary>
    private sealed class NoSignals : IHostLifetime
    {
        /// <inheritdoc/>
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        /// <inheritdoc/>
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Only named proxies may say where a request came from and under which name.</summary>
    private static void Believe(ForwardedHeadersOptions forwarded, Settings settings)
    {
        // With an empty list the framework believes everybody, so then it is to read none of these headers.
        forwarded.ForwardedHeaders =
            settings.TrustedProxies.Count == 0
                ? ForwardedHeaders.None
                : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        // From proxy to proxy as long as each is a named one: a balancer and a web server stand one behind the other.
        forwarded.ForwardLimit = null;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in settings.TrustedProxies)
            forwarded.KnownIPNetworks.Add(proxy.Network);
    }
}
