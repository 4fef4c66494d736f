using EPortal.Data;
using EPortal.PatchSource;

namespace EPortal.Operations.Reports;

/// <summary>
/// Has a usage report made once a period, and tries again with growing pauses to send what could not be sent. The first
/// one comes an hour after the portal's first start.
/// </summary>
internal sealed partial class ReportWorker(
    ReportSender sender,
    TimeSpan? period,
    TimeProvider time,
    ILogger<ReportWorker> logger
) : PeriodicWorker(period is null ? null : s_look, time)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_first = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromHours(6);

    private readonly TimeSpan _period = period ?? TimeSpan.MaxValue;
    private (long Number, DateTimeOffset Made)? _seen;
    private long _seenAt;
    private TimeSpan _ageThen;
    private int _failures;
    private long _failedAt;

    /// <inheritdoc/>
    protected override Task Round(CancellationToken cancel) => Look(cancel);

    /// <summary>Sends what is to be sent now; a failure is told and leads to a pause.</summary>
    internal async Task Look(CancellationToken cancel)
    {
        try
        {
            if (MayTry)
                await Work(cancel);
        }
        catch (Exception e) when (e is UserFacingException or IOException or UnauthorizedAccessException)
        {
            Failed(e.Message);
        }
    }

    private async Task Work(CancellationToken cancel)
    {
        var state = sender.State;
        var isDue = Age(state) >= (state.Number == 0 && _period > s_first ? s_first : _period);
        if (!isDue && !state.IsPending)
        {
            // A clock that went back, maybe by a year, must not keep the next report waiting for so long.
            if (state.Made > Time.GetUtcNow() + s_look)
                await sender.SetBack();
            return;
        }

        if (await sender.Send(state, isDue, cancel) is not { } sent)
            return;
        if (sent.IsPending)
        {
            Failed(sent.Sentence);
        }
        else
        {
            _failures = 0;
            LogSent(sent.Sentence);
        }
    }

    private bool MayTry => _failures == 0 || Time.GetElapsedTime(_failedAt) >= Pause;

    private TimeSpan Pause =>
        TimeSpan.FromTicks(Math.Min(s_longestPause.Ticks, s_firstPause.Ticks << Math.Min(_failures - 1, 10)));

    /// <summary>
    /// How old the last report is: by the wall clock up to when this process saw it first, then by time that passed.
    /// </summary>
    private TimeSpan Age(ReportState state)
    {
        if (_seen != (state.Number, state.Made))
        {
            var isFirst = _seen is null;
            (_seen, _seenAt) = ((state.Number, state.Made), Time.GetTimestamp());
            _ageThen =
                isFirst && state.Number > 0 && Time.GetUtcNow() - state.Made is { Ticks: > 0 } age
                    ? age
                    : TimeSpan.Zero;
        }

        return _ageThen + Time.GetElapsedTime(_seenAt);
    }

    private void Failed(string reason)
    {
        _failures++;
        _failedAt = Time.GetTimestamp();
        LogFailed(reason.TrimEnd('.'), (int)Pause.TotalMinutes);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Sentence}")]
    private partial void LogSent(string sentence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}; next try in {Minutes} minutes")]
    private partial void LogFailed(string reason, int minutes);
}
