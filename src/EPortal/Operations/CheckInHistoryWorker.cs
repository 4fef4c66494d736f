using EPortal.Agents;
using EPortal.Data;
using EPortal.PatchSource;

namespace EPortal.Operations;

/// <summary>
/// Notes each minute how many check-ins came, from the counts in memory, so that a check-in itself costs nothing more.
/// A minute in which none came writes nothing.
/// </summary>
internal sealed partial class CheckInHistoryWorker(
    AgentService agents,
    ChangeLog log,
    TimeProvider time,
    ILogger<CheckInHistoryWorker> logger
) : PeriodicWorker(s_every, time)
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    private (long Answered, long Refused, long Failed) _noted;

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Round(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task Round(CancellationToken cancel)
    {
        var ended = agents.Counts.Ended;
        // A day without a record must not count as one on which nobody called.
        var failed = ended[CheckInResult.Failed] + ended[CheckInResult.Unrecorded];
        var counts = (ended[CheckInResult.Answered], ended[CheckInResult.Refused], failed);
        if (counts == _noted)
            return;
        var more = new CheckInSpan(
            Time.GetUtcNow(),
            counts.Item1 - _noted.Answered,
            counts.Item2 - _noted.Refused,
            counts.Item3 - _noted.Failed
        );
        try
        {
            await log.Commit(
                Actor.Portal,
                change =>
                {
                    CheckInHistory.Add(change.Session, more);
                    return true;
                }
            );
            _noted = counts;
        }
        catch (StoreException e)
        {
            // They are noted with those of the next minute.
            LogFailed(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Check-in counts of the last minute not recorded yet: {Reason}")]
    private partial void LogFailed(string reason);
}
