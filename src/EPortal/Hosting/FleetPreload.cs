using EPortal.Data;
using EPortal.Servers.CheckIns;

namespace EPortal.Hosting;

/// <summary>
/// Reads all hosts into memory once the portal serves, and takes in what a killed one left behind, beside its other
/// work.
/// </summary>
internal sealed class FleetPreload(ServerCache known, ChangeLog log) : BackgroundService
{
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(
            () => Load(stoppingToken),
            stoppingToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );

    private void Load(CancellationToken cancel)
    {
        known.Preload(cancel);
        log.StartMaintenance();
    }
}
