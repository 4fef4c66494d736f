using System.Net;
using EPortal.Accounts;
using EPortal.Agents;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Data;
using EPortal.PatchSource;
using EPortal.Servers;
using Microsoft.AspNetCore.Authentication;

namespace EPortal.Operations;

/// <summary>Metrics and readiness over HTTP, the first page, and cleaning up.</summary>
internal static class OperationsFeature
{
    private const string MetricsType = "text/plain; version=0.0.4; charset=utf-8";
    private static readonly string[] s_asking = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Adds what they look at.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="token">Token that opens metrics; null for none.</param>
    /// <param name="networks">From where they can be read without it.</param>
    /// <param name="minFreeBytes">Free bytes below which the portal is not ready.</param>
    /// <param name="dataFolder">Folder of the database.</param>
    /// <param name="patchesFolder">Folder of the patches.</param>
    /// <param name="statsPeriod">How often servers are counted for charts; null for never.</param>
    public static void AddOperations(
        this IServiceCollection services,
        string? token,
        IReadOnlyList<IPNetwork> networks,
        long minFreeBytes,
        string dataFolder,
        string patchesFolder,
        TimeSpan? statsPeriod
    ) =>
        services.AddSingleton(provider => new OperationsOptions(
            token,
            networks,
            minFreeBytes,
            dataFolder,
            patchesFolder,
            provider.GetRequiredService<PatchSourceManager>(),
            statsPeriod
        ));

    /// <summary>Adds what only the server needs.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="cleanPeriod">How often inactive servers are deleted; null for never.</param>
    public static void AddOperationsWeb(this IServiceCollection services, TimeSpan? cleanPeriod)
    {
        services.AddSingleton<MetricsAccess>();
        services.AddSingleton<FleetSnapshot>();
        services.AddSingleton<PortalMetrics>();
        services.AddSingleton<RequestMeter>(provider => provider.GetRequiredService<PortalMetrics>().Requests);
        services.AddSingleton<HealthChecks>();
        services.AddSingleton<IFindingSource, ReplicationFindings>();
        services.AddSingleton<Attention>();
        services.AddHostedService<CheckInHistoryWorker>();
        services.AddHostedService(provider => new InactiveServersWorker(
            provider.GetRequiredService<InactiveServers>(),
            provider.GetRequiredService<Database>(),
            cleanPeriod,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<InactiveServersWorker>>()
        ));
        services.AddHostedService<RetentionWorker>();
        services.AddHostedService<StoreWatch>();
        services.AddHostedService(provider => new ServerStatsWorker(
            provider.GetRequiredService<FleetSnapshot>(),
            provider.GetRequiredService<ChangeLog>(),
            provider.GetRequiredService<OperationsOptions>().ServerStatsPeriod,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ServerStatsWorker>>()
        ));
        services.AddHostedService<DatabaseFileWorker>();
    }

    /// <summary>Measures requests; comes first, so that it sees how they end.</summary>
    public static void UseMetrics(this IApplicationBuilder app)
    {
        var requests = app.ApplicationServices.GetRequiredService<PortalMetrics>().Requests;
        app.Use(next => context => requests.Measure(context, next));
    }

    /// <summary>Maps the calls, and the console's first page.</summary>
    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
        // Balancers ask by HEAD too.
        routes.MapLazily("/healthz", s_asking, () => Results.Text("ok\n"));
        routes.MapLazily("/readyz", s_asking, Ready);
        routes.MapLazily("/metrics", [HttpMethods.Get], Metrics);
        StartPages.Map(routes);
    }

    private static async Task Metrics(
        HttpContext context,
        PortalMetrics metrics,
        MetricsAccess access,
        SecretGuards guards
    )
    {
        switch (await access.Judge(context))
        {
            case SecretOutcome.Throttled:
                await guards.MetricsToken.TooMany(context);
                return;
            case SecretOutcome.Wrong:
                await ApiErrors.Write(
                    context,
                    StatusCodes.Status403Forbidden,
                    ApiErrors.Forbidden,
                    "metrics require an allowed address or the metrics token"
                );
                return;
        }

        context.Response.ContentType = MetricsType;
        context.Response.Headers.CacheControl = "no-store";
        await metrics.Write(context.Response.Body, context.RequestAborted);
    }

    private static async Task<IResult> Ready(HttpContext context, HealthChecks checks, MetricsAccess access)
    {
        context.Response.Headers.CacheControl = "no-store";
        var findings = await checks.Get(context.RequestAborted);
        var isTold =
            await access.Judge(context) == SecretOutcome.Right
            || (await context.AuthenticateAsync(AccountAuthentication.Name)).Succeeded;
        var report = ReadyReport.Of(findings, isTold);
        return TypedResults.Json(
            report,
            ReadyJson.Default.ReadyReport,
            statusCode: report.Status == ReadyReport.Ready
                ? StatusCodes.Status200OK
                : StatusCodes.Status503ServiceUnavailable
        );
    }
}
