using EPortal.Data;

namespace EPortal.Replication;

/// <summary>An exchange with another node failed; nothing is lost by that, and it is tried again.</summary>
internal sealed class PeerException(string message, Exception? inner = null) : UserFacingException(message, inner);
