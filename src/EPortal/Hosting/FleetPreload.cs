using EPortal.Servers;

namespace EPortal.Hosting;

/// <summary>Reads all hosts into memory once the portal serves, beside its other work.</summary>
internal sealed class FleetPreload(KnownServers known) : BackgroundService
{
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => known.Preload(stoppingToken), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
