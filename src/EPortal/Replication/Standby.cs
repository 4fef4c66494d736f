using EPortal.Data;

namespace EPortal.Replication;

/// <summary>
/// A standby node takes changes from other nodes only, and what hosts do; people are refused. It is promoted by a
/// command that works while no other node does.
/// </summary>
internal static class Standby
{
    /// <summary>Whether it was promoted.</summary>
    public static bool IsPromoted(Session session) => session.Scalar("SELECT promoted FROM node") is 1L;

    /// <summary>Promotes it, or ends that.</summary>
    public static Task SetPromoted(ChangeLog log, bool isPromoted) =>
        log.Commit(
            Actor.Portal,
            change =>
            {
                change.Session.Execute("UPDATE node SET promoted = @promoted", ("@promoted", isPromoted ? 1 : 0));
                change.Note(isPromoted ? "replication.promote" : "replication.demote", change.Node.Origin);
                return true;
            }
        );
}
