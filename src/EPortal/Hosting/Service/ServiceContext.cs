namespace EPortal.Hosting.Service;

/// <summary>What the web application has to know of how it runs.</summary>
/// <param name="Log">How it logs.</param>
/// <param name="Sockets">What it listens with.</param>
internal sealed record ServiceContext(PortalLog Log, ListenSockets Sockets)
{
    /// <summary>Started by hand.</summary>
    public static ServiceContext None { get; } = new(PortalLog.Plain, ListenSockets.Own);
}
