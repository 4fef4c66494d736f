using EPortal.Data;
using EPortal.Feeds;
using EPortal.PatchSource;

namespace EPortal.Operations.Reports;

/// <summary>Usage reports, put together.</summary>
internal static class ReportsFeature
{
    /// <summary>What makes and sends reports of a portal.</summary>
    public static ReportSender Create(
        Database database,
        ChangeLog log,
        Offers offers,
        PatchSourceManager source,
        ReportOptions options,
        TimeProvider time
    ) =>
        new(
            database,
            log,
            source,
            new ReportMaker(database, offers, options, time),
            new ReportMail(options, time),
            new ReportFolder(options),
            options
        );

    /// <summary>Adds the worker that has them sent.</summary>
    public static void AddReports(this IServiceCollection services, ReportSender sender, TimeSpan? period) =>
        services.AddHostedService(provider => new ReportWorker(
            sender,
            period,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ReportWorker>>()
        ));
}
