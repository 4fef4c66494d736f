using EPortal.Replication.Channel;

namespace EPortal.Replication;

/// <summary>How this node takes part in replication.</summary>
/// <param name="NodeUrl">Where other nodes reach it; null where it cannot be called back.</param>
/// <param name="LeaderUrl">The node that it follows by its settings; null for none.</param>
/// <param name="Keys">Shared keys: the first is used to call, all are taken from callers. None: no replication.</param>
/// <param name="CheckCert">Whether certificates of other nodes are checked.</param>
/// <param name="IsStandby">Whether it takes no changes of its own.</param>
/// <param name="IsCache">Whether patch files are only fetched when agents ask for them.</param>
/// <param name="MergeLock">File by which only one process at a time merges in full.</param>
internal sealed record ReplicationOptions(
    Uri? NodeUrl,
    Uri? LeaderUrl,
    IReadOnlyList<SharedKey> Keys,
    bool CheckCert,
    bool IsStandby,
    bool IsCache,
    string MergeLock
)
{
    /// <summary>The newest kind of changes that this version understands.</summary>
    public const int Features = 1;

    /// <summary>Whether it takes part at all.</summary>
    public bool IsOn => Keys.Count > 0;
}
