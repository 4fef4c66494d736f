using EPortal.Data;

namespace EPortal.Replication;

/// <summary>
/// Refuses changes of people where they would do harm at other nodes: on a standby node, and while this node's stamps
/// are far ahead of its clock, for they would win over everything that others write for as long. What hosts do goes on.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="time">The clock.</param>
internal sealed class ChangeGuard(ReplicationOptions options, TimeProvider time)
{
    /// <summary>Why a change is refused; null where it is not.</summary>
    public RefusedException? Refuse(Session session, Node node, Actor actor)
    {
        if (!options.IsOn || actor == Actor.Agent || actor == Actor.Portal)
            return null;
        if (options.IsStandby && !Standby.IsPromoted(session))
            return new RefusedException(
                Refusal.Conflict,
                "this is a standby node: change the active node, or run `kc.eportal replication promote` here"
            );
        return HybridClock.IsTooFarAhead(node.Stamp, time.GetUtcNow())
            ? new RefusedException(
                Refusal.Conflict,
                $"this node's clock was ahead once, until {HybridClock.TimeOf(node.Stamp):u}: what is changed now would win over every later change of other nodes; change it at another node, or after that time"
            )
            : null;
    }
}
