using EPortal.Api;
using EPortal.Data;

namespace EPortal.Agents;

/// <summary>How a check-in ended.</summary>
internal enum CheckInResult
{
    /// <summary>It is on disk and was answered.</summary>
    Answered,

    /// <summary>It was answered, and the disk, which is full, did not take it.</summary>
    Unrecorded,

    /// <summary>The server is unknown, or a field is wrong.</summary>
    Refused,

    /// <summary>The store failed or had too much to do.</summary>
    Failed,
}

/// <summary>Check-ins since the start, for metrics.</summary>
internal sealed class CheckInCounts
{
    private long _waiting;

    /// <summary>Check-ins that are not answered yet.</summary>
    public long Waiting => Interlocked.Read(ref _waiting);

    /// <summary>Those that ended.</summary>
    public OutcomeCounts<CheckInResult> Ended { get; } = new();

    /// <summary>Counts one that arrived.</summary>
    public void Begin() => Interlocked.Increment(ref _waiting);

    /// <summary>Counts one that ended.</summary>
    public void End(CheckInResult result)
    {
        Ended.Add(result);
        Interlocked.Decrement(ref _waiting);
    }

    /// <summary>Takes one and counts how it ended.</summary>
    public async ValueTask<CheckInOutcome?> Count(Func<ValueTask<CheckInOutcome?>> take)
    {
        Begin();
        var result = CheckInResult.Failed;
        try
        {
            var outcome = await take();
            result =
                outcome is null ? CheckInResult.Refused
                : outcome.IsRecorded ? CheckInResult.Answered
                : CheckInResult.Unrecorded;
            return outcome;
        }
        catch (RefusedException)
        {
            result = CheckInResult.Refused;
            throw;
        }
        finally
        {
            End(result);
        }
    }
}
