using System.Text.Json.Serialization;

namespace EPortal.Replication;

/// <summary>The state of replication for programs: <c>replication --short-status</c> and the API.</summary>
/// <param name="On">Whether this node takes part.</param>
/// <param name="Ok">Whether it does and nothing needs somebody's attention.</param>
/// <param name="Lag">The longest lag in seconds; null while that of a node is not known.</param>
/// <param name="LastSync">The oldest of the last syncs; null while there was none with a node.</param>
/// <param name="Standby">Whether this node takes no changes of its own.</param>
/// <param name="Conflicts">How many names several entities have.</param>
/// <param name="ConflictList">These names.</param>
/// <param name="Upstream">The other nodes by their addresses.</param>
internal sealed record ReplicationReport(
    bool On,
    bool Ok,
    long? Lag,
    DateTime? LastSync,
    bool Standby,
    int Conflicts,
    IReadOnlyList<NameConflict> ConflictList,
    IReadOnlyDictionary<string, NodeReport> Upstream
)
{
    /// <summary>How it is now.</summary>
    public static ReplicationReport Of(ReplicationStatus status) => Of(status, status.Links(), status.Conflicts());

    /// <summary>How it was when these were read.</summary>
    public static ReplicationReport Of(
        ReplicationStatus status,
        IReadOnlyList<LinkStatus> links,
        IReadOnlyList<NameConflict> conflicts
    ) =>
        new(
            status.IsOn,
            ReplicationStatus.IsOk(links),
            links.All(link => link.Lag is not null) ? NodeReport.Seconds(links.Max(link => link.Lag)) : null,
            links.All(link => link.Peer.Synced is not null) ? links.Min(link => link.Peer.Synced)?.UtcDateTime : null,
            status.IsStandby,
            conflicts.Count,
            conflicts,
            links.ToDictionary(link => link.Peer.Url, NodeReport.Of, StringComparer.Ordinal)
        );
}

/// <summary>Another node for programs; times of the clock of this node.</summary>
/// <param name="Ok">Whether nothing needs somebody's attention.</param>
/// <param name="State"><c>in-sync</c>, <c>catching-up</c>, <c>differing</c>, <c>failed</c> or <c>new</c>.</param>
/// <param name="Node">Its origin; empty before the first contact.</param>
/// <param name="Lag">How old what is missing here may be, in seconds.</param>
/// <param name="Behind">Changes that it had and this node has not.</param>
/// <param name="LastSync">When all that it had was here last.</param>
/// <param name="LastContact">Its last answer.</param>
/// <param name="LastFullSync">The last full merge with it.</param>
/// <param name="Skew">Its clock less this one's, in seconds.</param>
/// <param name="Differing">Kinds of entities that differ though both have the same changes.</param>
/// <param name="Error">Why the last exchange failed; null when it did not.</param>
internal sealed record NodeReport(
    bool Ok,
    string State,
    string Node,
    long? Lag,
    long Behind,
    DateTime? LastSync,
    DateTime? LastContact,
    DateTime? LastFullSync,
    double Skew,
    IReadOnlyList<string> Differing,
    string? Error
)
{
    /// <summary>That of a link.</summary>
    public static NodeReport Of(LinkStatus link) =>
        new(
            link.IsOk,
            link.State.Token(),
            link.Peer.Origin,
            Seconds(link.Lag),
            link.Behind,
            link.Peer.Synced?.UtcDateTime,
            link.Peer.Contact?.UtcDateTime,
            link.Peer.Merged?.UtcDateTime,
            Math.Round(link.Peer.Skew.TotalSeconds, 3),
            link.Peer.Differing,
            link.Peer.Error
        );

    /// <summary>A lag in whole seconds. A clock that was set back makes none negative.</summary>
    public static long? Seconds(TimeSpan? lag) => lag is { } span ? Math.Max(0, (long)span.TotalSeconds) : null;
}

/// <summary>Its JSON.</summary>
[JsonSerializable(typeof(ReplicationReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class ReplicationReportJson : JsonSerializerContext;
