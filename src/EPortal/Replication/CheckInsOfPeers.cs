using EPortal.Data;
using EPortal.Servers;

namespace EPortal.Replication;

/// <summary>
/// Check-ins of other nodes are known here while each was heard of in the last hour. One that is gone for good has to
/// be forgotten first.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="database">The store.</param>
/// <param name="time">The clock.</param>
internal sealed class CheckInsOfPeers(ReplicationOptions options, Database database, TimeProvider time)
    : CheckInsElsewhere
{
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public override void RequireKnown()
    {
        if (!options.IsOn)
            return;
        var now = time.GetUtcNow();
        var silent = database.Read(PeerStore.List).FirstOrDefault(peer => !(now - peer.Synced <= s_longest));
        if (silent is not null)
            throw new RefusedException(
                Refusal.Conflict,
                $"inactive servers are not deleted: hosts may call at {silent.Url}, whose check-ins are not here; mend replication, "
                    + $"or run `kc.eportal replication forget {silent.Url}` if that node is gone for good"
            );
    }
}
