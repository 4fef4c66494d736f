using Prometheus;

namespace EPortal.Operations;

/// <summary>Servers by feed and status, and feeds; of more than a thousand feeds the rest is one.</summary>
internal sealed class MetricsOfFleet(IMetricFactory metrics, FleetSnapshot picture)
{
    /// <summary>Feeds that have series of their own.</summary>
    public const int MaxFeeds = 1000;

    private const string Other = "other";
    private readonly Lock _gate = new();
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);
    private Fleet? _last;

    private readonly Gauge _servers = metrics.CreateGauge(
        "eportal_servers",
        "Servers by feed and status: up_to_date, outdated, unsupported, inactive (no check-in for 48 hours). Counted in the background, at most once a minute.",
        ["feed", "status"]
    );

    private readonly Gauge _counted = metrics.CreateGauge(
        "eportal_servers_counted_timestamp_seconds",
        "Time of the last server count, in Unix seconds."
    );

    private readonly Gauge _feeds = metrics.CreateGauge("eportal_feeds", "Number of feeds.");

    private readonly Gauge _behind = metrics.CreateGauge(
        "eportal_feeds_behind",
        "Feeds that have neither enabled nor disabled the newest patchset of their channel."
    );

    /// <summary>Takes over the last picture.</summary>
    public async Task Update(CancellationToken cancel)
    {
        if (await picture.Get(cancel) is not { } fleet)
            return;
        lock (_gate)
        {
            if (!ReferenceEquals(_last, fleet))
                Show(fleet);
            _last = fleet;
        }
    }

    private void Show(Fleet fleet)
    {
        _counted.Set(fleet.At.ToUnixTimeMilliseconds() / 1000.0);
        _feeds.Set(fleet.Servers.Count);
        _behind.Set(fleet.FeedsBehind.Count);
        var named = fleet
            .Servers.OrderByDescending(feed => feed.Key == "main")
            .ThenBy(feed => feed.Key, StringComparer.Ordinal)
            .Select((feed, number) => (Name: number < MaxFeeds ? feed.Key : Other, feed.Value))
            .GroupBy(feed => feed.Name, feed => feed.Value, StringComparer.Ordinal)
            .ToDictionary(
                feed => feed.Key,
                feed => feed.Aggregate(ServerCounts.None, (sum, one) => sum.Plus(one)),
                StringComparer.Ordinal
            );
        foreach (var gone in _shown.Where(name => !named.ContainsKey(name)).ToList())
        {
            foreach (var (status, _) in ServerCounts.None.ByStatus())
                _servers.RemoveLabelled(gone, status);
            _shown.Remove(gone);
        }

        foreach (var (name, counts) in named)
        {
            _shown.Add(name);
            foreach (var (status, count) in counts.ByStatus())
                _servers.WithLabels(name, status).Set(count);
        }
    }
}
