using EPortal.Data;
using EPortal.PatchSource;
using EPortal.Servers;

namespace EPortal.Operations;

/// <summary>
/// Deletes servers that did not check in for long, every <c>CLEAN_INACTIVE_SERVERS_PERIOD</c> and at the start.
/// </summary>
internal sealed partial class InactiveServersWorker(
    InactiveServers servers,
    Database database,
    TimeSpan? period,
    TimeProvider time,
    ILogger<InactiveServersWorker> logger
) : PeriodicWorker(period, time)
{
    /// <summary>When it failed it is tried again after this, for the period may be a month.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override async Task Round(CancellationToken cancel)
    {
        while (!await TryClean(cancel))
            await Task.Delay(s_again, Time, cancel);
    }

    /// <summary>Deletes them; false when it failed.</summary>
    internal async Task<bool> TryClean(CancellationToken cancel)
    {
        try
        {
            if (
                database.Read(session =>
                    CheckInHistory.InactiveBefore(session, Time.GetUtcNow(), ServerStore.CleanAfterDays)
                )
                is not { } before
            )
                return true;
            var count = await servers.Clean(
                Actor.Portal,
                before,
                $"inactive for {ServerStore.CleanAfterDays} days",
                cancel
            );
            if (count > 0)
                LogDeleted(count, ServerStore.CleanAfterDays);
            return true;
        }
        catch (Exception e) when (e is StoreException or RefusedException)
        {
            LogFailed(e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Servers inactive for {Days} days deleted: {Count}")]
    private partial void LogDeleted(int count, int days);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Inactive servers not deleted, next try in an hour: {Reason}")]
    private partial void LogFailed(string reason);
}
