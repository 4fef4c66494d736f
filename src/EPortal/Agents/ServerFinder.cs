namespace EPortal.Agents;

/// <summary>Looks elsewhere for a server that is not known here, before its host is told so.</summary>
internal abstract class ServerFinder
{
    /// <summary>Whether it is known here now.</summary>
    /// <param name="serverId">Its agent's id.</param>
    /// <param name="cancel">Ends the wait.</param>
    public abstract ValueTask<bool> Find(string serverId, CancellationToken cancel);
}
