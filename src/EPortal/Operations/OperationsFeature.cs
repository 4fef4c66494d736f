using EPortal.Accounts;
using EPortal.Agents;
using EPortal.Api;
using EPortal.Api.Guards;
using Microsoft.AspNetCore.Authentication;

namespace EPortal.Operations;

/// <summary>Metrics and readiness over HTTP.</summary>
internal static class OperationsFeature
{
    private const string MetricsType = "text/plain; version=0.0.4; charset=utf-8";
    private static readonly string[] s_asking = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Adds what they are made of.</summary>
    public static void AddOperations(this IServiceCollection services, OperationsOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<MetricsAccess>();
        services.AddSingleton<FleetSnapshot>();
        services.AddSingleton<PortalMetrics>();
        services.AddSingleton<RequestMeter>(provider => provider.GetRequiredService<PortalMetrics>().Requests);
        services.AddSingleton<HealthChecks>();
        services.AddSingleton<Attention>();
        services.AddHostedService<CheckInHistoryWorker>();
        services.AddHostedService<DatabaseFileWorker>();
    }

    /// <summary>Measures requests; comes first, so that it sees how they end.</summary>
    public static void UseMetrics(this IApplicationBuilder app)
    {
        var requests = app.ApplicationServices.GetRequiredService<PortalMetrics>().Requests;
        app.Use(next => context => requests.Measure(context, next));
    }

    /// <summary>Maps the calls.</summary>
    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
        // Balancers ask by HEAD too.
        routes.MapLazily("/healthz", s_asking, () => Results.Text("ok\n"));
        routes.MapLazily("/readyz", s_asking, Ready);
        routes.MapLazily("/metrics", [HttpMethods.Get], Metrics);
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
