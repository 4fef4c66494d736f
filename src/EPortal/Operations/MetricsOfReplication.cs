using EPortal.Replication;
using Prometheus;

namespace EPortal.Operations;

/// <summary>How replication is when the metrics are read; there are none while it is off.</summary>
internal sealed class MetricsOfReplication(IMetricFactory metrics, ReplicationStatus status)
{
    private static readonly GaugeConfiguration s_onlyWhenSet = new() { SuppressInitialValue = true };

    private readonly Gauge _ok = metrics.CreateGauge(
        "eportal_replication_ok",
        "1 if this node replicates with at least one other and none needs attention, else 0; missing if replication is off.",
        s_onlyWhenSet
    );

    private readonly Gauge _lag = metrics.CreateGauge(
        "eportal_replication_lag_seconds",
        "Seconds since all that the node had was here; NaN before the first sync.",
        ["node"]
    );

    private readonly Gauge _behind = metrics.CreateGauge(
        "eportal_replication_behind_operations",
        "Operations that the node had at its last answer and this one has not.",
        ["node"]
    );

    private readonly Gauge _skew = metrics.CreateGauge(
        "eportal_replication_skew_seconds",
        "Clock of the node less the clock of this one.",
        ["node"]
    );

    private readonly Gauge _conflicts = metrics.CreateGauge(
        "eportal_replication_conflicts",
        "Names that several feeds, keys, users or patchsets have; missing if replication is off.",
        s_onlyWhenSet
    );

    /// <summary>Reads them. A node that is forgotten leaves.</summary>
    public void Update()
    {
        if (!status.IsOn)
            return;
        var links = status.Links();
        foreach (var gauge in new[] { _lag, _behind, _skew })
        {
            foreach (
                var gone in gauge.GetAllLabelValues().Where(values => links.All(link => link.Peer.Url != values[0]))
            )
                gauge.RemoveLabelled(gone);
        }

        foreach (var link in links)
        {
            _lag.WithLabels(link.Peer.Url).Set(link.Lag is { } lag ? Math.Max(0, lag.TotalSeconds) : double.NaN);
            _behind.WithLabels(link.Peer.Url).Set(link.Behind);
            _skew.WithLabels(link.Peer.Url).Set(link.Peer.Skew.TotalSeconds);
        }

        _conflicts.Set(status.Conflicts().Count);
        _ok.Set(ReplicationStatus.IsOk(links) ? 1 : 0);
    }
}
