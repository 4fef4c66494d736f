using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Operations;

/// <summary>The fleet at a moment.</summary>
/// <param name="At">When it was.</param>
/// <param name="Servers">Servers by feed.</param>
/// <param name="FeedsBehind">Names of feeds that do not offer the newest there is for them.</param>
internal sealed record Fleet(
    DateTimeOffset At,
    IReadOnlyDictionary<string, ServerCounts> Servers,
    IReadOnlyList<string> FeedsBehind
);

/// <summary>Keeps the last picture of the fleet.</summary>
internal sealed partial class FleetSnapshot(
    Database database,
    Offers offers,
    TimeProvider time,
    ILogger<FleetSnapshot> logger
) : BackgroundSnapshot<Fleet>(time)
{
    /// <summary>With the pause of the page that shows it, what is on a screen is never older than a minute.</summary>
    protected override TimeSpan Least => TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    protected override Fleet Look(DateTimeOffset now) =>
        database.Read(session => new Fleet(
            now,
            ServerCensus.Take(session, offers, now),
            FeedsBehind.Names(session, now)
        ));

    /// <inheritdoc/>
    [LoggerMessage(Level = LogLevel.Warning, Message = "Servers not counted: {Reason}")]
    protected override partial void Failed(string reason);
}
