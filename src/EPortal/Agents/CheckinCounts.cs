using EPortal.Api;
using EPortal.Data;

namespace EPortal.Agents;

/// <summary>How a check-in ended.</summary>
internal enum CheckinResult
{
    /// <summary>It is on disk and was answered.</summary>
    Answered,

    /// <summary>The server is unknown, or a field is wrong.</summary>
    Refused,

    /// <summary>The store failed or had too much to do.</summary>
    Failed,
}

/// <summary>Check-ins since the start, for metrics.</summary>
internal sealed class CheckinCounts
{
    private long _waiting;

    /// <summary>Check-ins that have come and are not answered yet.</summary>
    public long Waiting => Interlocked.Read(ref _waiting);

    /// <summary>Those that ended.</summary>
    public OutcomeCounts<CheckinResult> Ended { get; } = new();

    /// <summary>One has come.</summary>
    public void Begin() => Interlocked.Increment(ref _waiting);

    /// <summary>One has ended.</summary>
    public void End(CheckinResult result)
    {
        Ended.Add(result);
        Interlocked.Decrement(ref _waiting);
    }

    /// <summary>Takes one and counts how it ended.</summary>
    public async ValueTask<CheckinOutcome?> Count(Func<ValueTask<CheckinOutcome?>> take)
    {
        Begin();
        var result = CheckinResult.Failed;
        try
        {
            var outcome = await take();
            result = outcome is null ? CheckinResult.Refused : CheckinResult.Answered;
            return outcome;
        }
        catch (RefusedException)
        {
            result = CheckinResult.Refused;
            throw;
        }
        finally
        {
            End(result);
        }
    }
}
