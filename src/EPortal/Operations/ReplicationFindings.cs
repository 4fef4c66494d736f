using EPortal.Replication;

namespace EPortal.Operations;

/// <summary>What of replication needs somebody.</summary>
internal sealed class ReplicationFindings(ReplicationStatus status) : IFindingSource
{
    /// <inheritdoc/>
    public IEnumerable<Finding> Look() => Findings.OfReplication(status);
}
