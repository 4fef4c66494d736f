using System.Threading.Channels;
using EPortal.Data;

namespace EPortal.Replication;

/// <summary>
/// The nodes that this one exchanges changes with: the leader of its settings, and those who announced themselves when
/// they pulled. It calls each of them.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="database">The store.</param>
/// <param name="log">Changes to it.</param>
internal sealed class PeerDirectory(ReplicationOptions options, Database database, ChangeLog log)
{
    private const int Most = 100;

    private readonly Channel<string> _new = System.Threading.Channels.Channel.CreateUnbounded<string>();

    /// <summary>Addresses that are to be called from now on.</summary>
    public ChannelReader<string> New => _new.Reader;

    /// <summary>Takes up those that are known; for the start.</summary>
    public async Task Open()
    {
        if (options.LeaderUrl is { } leader)
            await Add(Text(leader), isAnnounced: false);
        foreach (var peer in database.Read(PeerStore.List))
            _new.Writer.TryWrite(peer.Url);
    }

    /// <summary>
    /// Takes note that a node called, and where it says that it can be called back. Only who has the shared key gets
    /// here.
    /// </summary>
    public async Task Announced(string? url, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (
            url is null
            || !Uri.TryCreate(url, UriKind.Absolute, out var address)
            || !IsUsable(address)
            || IsOwn(address)
            || IsKnown(Text(address))
        )
            return;
        var peers = database.Read(PeerStore.List);
        if (peers.Count >= Most)
            throw new RefusedException(Refusal.Conflict, $"there are {Most} nodes already");
        await Add(Text(address), isAnnounced: true);
        _new.Writer.TryWrite(Text(address));
    }

    /// <summary>Whether the node at an address is one of those that this one calls.</summary>
    public bool IsKnown(string url) => database.Read(session => PeerStore.FindOrNull(session, url)) is not null;

    /// <summary>Whether an address is this node's own.</summary>
    public bool IsOwn(Uri address) => options.NodeUrl is { } own && Text(own) == Text(address);

    /// <summary>An address as it is kept: without a slash at its end.</summary>
    public static string Text(Uri address) => address.AbsoluteUri.TrimEnd('/');

    /// <summary>
    /// Only the paths of replication are to be called: behind a question mark they would be no path, and before an at
    /// sign stands a login.
    /// </summary>
    private static bool IsUsable(Uri address) =>
        (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.AbsoluteUri.IndexOfAny(['?', '#', '@']) < 0;

    private Task Add(string url, bool isAnnounced) =>
        log.Commit(
            Actor.Portal,
            change =>
            {
                PeerStore.Add(change.Session, url, isAnnounced);
                return true;
            }
        );
}
