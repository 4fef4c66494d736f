using EPortal.Operations.Mail;

namespace EPortal.Operations.Reports;

/// <summary>Usage reports.</summary>
internal static class ReportsFeature
{
    /// <summary>Adds what makes and sends them.</summary>
    public static void AddReports(this IServiceCollection services, ReportOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<ReportMaker>();
        services.AddSingleton(provider => new Sendmail(
            options.ProgramPath,
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<ReportFolder>();
        services.AddSingleton<ReportSender>();
    }

    /// <summary>Adds the worker that has them sent.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="period">How often one is due; null for never.</param>
    public static void AddReportsWeb(this IServiceCollection services, TimeSpan? period) =>
        services.AddHostedService(provider => new ReportWorker(
            provider.GetRequiredService<ReportSender>(),
            period,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ReportWorker>>()
        ));

    /// <summary>Maps the call by which other portals hand theirs in.</summary>
    /// <param name="routes">Where to map.</param>
    /// <param name="servesAsSource">Whether this portal is a patch source of others.</param>
    public static void MapReports(this IEndpointRouteBuilder routes, bool servesAsSource)
    {
        if (servesAsSource)
            ReportEndpoints.Map(routes);
    }
}
