using EPortal.Data;
using EPortal.PatchSource;

namespace EPortal.Operations;

/// <summary>
/// Records how many servers there are of each kind, every <c>SERVER_STATS_PERIOD</c> and at the start.
/// </summary>
internal sealed partial class ServerStatsWorker(
    FleetSnapshot fleet,
    ChangeLog log,
    TimeSpan? period,
    TimeProvider time,
    ILogger<ServerStatsWorker> logger
) : PeriodicWorker(period, time)
{
    /// <inheritdoc/>
    protected override async Task Round(CancellationToken cancel)
    {
        // Null where they could not be counted, which is told there.
        if (await fleet.GetNew(cancel) is not { } counted)
            return;
        var all = counted.Servers.Values.Aggregate(ServerCounts.None, (sum, counts) => sum.Plus(counts));
        try
        {
            await log.Commit(Actor.Portal, change => ServerStats.Add(change.Session, counted.At, all));
        }
        catch (StoreException e)
        {
            LogFailed(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Server counts not recorded, next try in a period: {Reason}")]
    private partial void LogFailed(string reason);
}
