using EPortal.Accounts;
using EPortal.Agents;
using EPortal.Api.Guards;
using EPortal.Data;
using EPortal.Replication;
using EPortal.Servers;
using EPortal.Servers.Search;
using Prometheus;

namespace EPortal.Operations;

/// <summary>All metrics of one portal, in a registry of its own.</summary>
internal sealed class PortalMetrics
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();

    /// <summary>Declares them.</summary>
    public PortalMetrics(
        OperationsOptions options,
        Database database,
        Trimming trimming,
        FleetSnapshot picture,
        AgentService agents,
        SearchBacklog backlog,
        Registration registration,
        RegistrationThrottle throttle,
        HostChangeLimiter changes,
        PasswordLogin logins,
        SecretGuards guards,
        ReplicationStatus replication,
        TimeProvider time
    )
    {
        DotNetStats.Register(_registry);
        var metrics = Metrics.WithCustomRegistry(_registry);
        Requests = new MetricsOfRequests(metrics);
        var features = new MetricsOfFeatures(metrics, agents, backlog, registration, throttle, changes, logins, guards);
        var store = new MetricsOfStore(metrics, options, database, trimming, picture, replication, time);
        _registry.AddBeforeCollectCallback(features.Update);
        _registry.AddBeforeCollectCallback(store.Update);
    }

    /// <summary>Those of requests.</summary>
    public MetricsOfRequests Requests { get; }

    /// <summary>Writes all in Prometheus' text format.</summary>
    public Task Write(Stream output, CancellationToken cancel) => _registry.CollectAndExportAsTextAsync(output, cancel);
}
