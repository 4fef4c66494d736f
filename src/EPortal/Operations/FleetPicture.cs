using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Operations;

/// <summary>The fleet at a moment.</summary>
/// <param name="At">When it was.</param>
/// <param name="Servers">Servers by feed.</param>
/// <param name="FeedsBehind">Names of feeds that do not offer the newest there is for them.</param>
internal sealed record Fleet(DateTimeOffset At, IReadOnlyDictionary<string, ServerCounts> Servers, IReadOnlyList<string> FeedsBehind);

/// <summary>
/// Keeps the last picture of the fleet. Asking never waits for a new one except for the very first; an old one has a new one
/// made beside it, at most each minute and never more than a twentieth of the time.
/// </summary>
internal sealed partial class FleetPicture(Database database, Offers offers, TimeProvider time, ILogger<FleetPicture> logger)
{
    private const int Pauses = 20;
    private static readonly TimeSpan s_least = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Task _running = Task.CompletedTask;
    private long _next = long.MinValue;
    private volatile Fleet? _last;

    /// <summary>The last picture; null when none could be made yet.</summary>
    public async Task<Fleet?> Get(CancellationToken cancel)
    {
        Task running;
        lock (_gate)
        {
            if (_running.IsCompleted && time.GetTimestamp() >= _next)
                _running = Task.Run(Make, CancellationToken.None);
            running = _running;
        }

        if (_last is null)
            await running.WaitAsync(cancel);
        return _last;
    }

    private void Make()
    {
        var begun = time.GetTimestamp();
        try
        {
            _last = database.Read(session => Look(session, offers, time.GetUtcNow()));
        }
        catch (SentenceException e)
        {
            LogFailed(e.Message);
        }

        var pause = Math.Max(s_least.Ticks, time.GetElapsedTime(begun).Ticks * Pauses);
        lock (_gate)
            _next = time.GetTimestamp() + (long)(TimeSpan.FromTicks(pause).TotalSeconds * time.TimestampFrequency);
    }

    private static Fleet Look(Session session, Offers offers, DateTimeOffset now) =>
        new(now, ServerCensus.Take(session, offers, now), FeedsBehind.Names(session));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The servers could not be counted: {Reason}")]
    private partial void LogFailed(string reason);
}
