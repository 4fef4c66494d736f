using EPortal.Data;

namespace EPortal.Servers;

/// <summary>What is known of check-ins that other nodes take.</summary>
internal abstract class CheckInsElsewhere
{
    /// <summary>
    /// Makes sure that the check-ins of all nodes are here: else a host that calls at another node would pass for
    /// inactive.
    /// </summary>
    /// <exception cref="RefusedException">They may not be; the sentence says of which node.</exception>
    public abstract void RequireKnown();
}
