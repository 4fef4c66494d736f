using EPortal.Data;
using EPortal.PatchSource;
using EPortal.Servers.CheckIns;

namespace EPortal.Operations;

/// <summary>Deletes what is too old or too much, all the while the portal serves.</summary>
internal sealed partial class RetentionWorker(
    Trimming trimming,
    ServerCache known,
    TimeProvider time,
    ILogger<RetentionWorker> logger
) : PeriodicWorker(trimming.Period, time)
{
    /// <inheritdoc/>
    protected override async Task Round(CancellationToken cancel)
    {
        try
        {
            // Who has all hosts in memory reads the log of operations: it must not be trimmed ahead of him.
            known.View();
            await trimming.Round(cancel);
        }
        catch (StoreException e)
        {
            LogFailed(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old entries not all deleted, will retry: {Reason}")]
    private partial void LogFailed(string reason);
}
