using EPortal.Data;
using EPortal.Patchsets;

namespace EPortal.Replication;

/// <summary>How a link with another node is.</summary>
internal enum LinkState
{
    /// <summary>All that the other had is here.</summary>
    InSync,

    /// <summary>The other has changes that are not here yet.</summary>
    CatchingUp,

    /// <summary>Both have the same changes and other rows.</summary>
    Differing,

    /// <summary>The last exchange failed.</summary>
    Failed,

    /// <summary>There was no exchange yet.</summary>
    New,
}

/// <summary>States of links.</summary>
internal static class LinkStates
{
    /// <summary>The name of a state for programs.</summary>
    public static string Token(this LinkState state) =>
        state switch
        {
            LinkState.InSync => "in-sync",
            LinkState.CatchingUp => "catching-up",
            LinkState.Differing => "differing",
            LinkState.Failed => "failed",
            _ => "new",
        };
}

/// <summary>A link with another node, as of now.</summary>
/// <param name="Peer">The other.</param>
/// <param name="State">How it is.</param>
/// <param name="Lag">How old what is missing here may be; null where there was no exchange yet.</param>
/// <param name="Behind">Changes that the other had and this node has not.</param>
internal sealed record LinkStatus(Peer Peer, LinkState State, TimeSpan? Lag, long Behind)
{
    /// <summary>Whether nothing needs somebody's attention.</summary>
    public bool IsOk => State is LinkState.InSync or LinkState.CatchingUp && Lag <= ReplicationStatus.MaxLag;
}

/// <summary>A name that several living entities have.</summary>
/// <param name="Entity">Kind of entity.</param>
/// <param name="Name">The name.</param>
/// <param name="Count">How many have it.</param>
internal sealed record NameConflict(string Entity, string Name, long Count);

/// <summary>How replication is, as any process may ask: what the links know is in the store.</summary>
/// <param name="options">The settings.</param>
/// <param name="database">The store.</param>
/// <param name="reader">The kinds of entities.</param>
/// <param name="time">The clock.</param>
internal sealed class ReplicationStatus(
    ReplicationOptions options,
    Database database,
    StateReader reader,
    TimeProvider time
)
{
    /// <summary>
    /// From this lag on a link is not well. An answer that there is nothing new comes every 10 seconds.
    /// </summary>
    public static readonly TimeSpan MaxLag = TimeSpan.FromMinutes(1);

    /// <summary>
    /// An exchange that waits for something new is as good as one that just ended: what comes then is here in a moment.
    /// </summary>
    private static readonly TimeSpan s_waiting = PeerLink.Wait + TimeSpan.FromSeconds(5);

    /// <summary>Whether this node takes part.</summary>
    public bool IsOn => options.IsOn;

    /// <summary>Whether it takes no changes of its own.</summary>
    public bool IsStandby => options.IsStandby;

    /// <summary>Where other nodes reach this one, without a slash at the end; null where they cannot.</summary>
    public string? Own => options.NodeUrl is { } own ? PeerDirectory.Text(own) : null;

    /// <summary>
    /// Whether replication as a whole needs nobody's attention: without any other node there is no replication.
    /// </summary>
    public static bool IsOk(IReadOnlyList<LinkStatus> links) => links.Count > 0 && links.All(link => link.IsOk);

    /// <summary>The links; none while replication is off.</summary>
    public IReadOnlyList<LinkStatus> Links()
    {
        if (!IsOn)
            return [];
        var (peers, vector) = database.Read(session => (PeerStore.List(session), VersionVector.All(session)));
        return [.. peers.Select(peer => Of(peer, vector))];
    }

    /// <summary>
    /// Names that several entities have: one of each is visible, the others are shadowed. Patchsets of one name and
    /// one content are none: each node that syncs a source records them. None while replication is off.
    /// </summary>
    public IReadOnlyList<NameConflict> Conflicts() => IsOn ? database.Read(Read) : [];

    private List<NameConflict> Read(Session session)
    {
        var conflicts = new List<NameConflict>();
        foreach (
            var type in reader
                .Types.Where(type => type.NamedBy.Count > 0)
                .OrderBy(type => type.Name, StringComparer.Ordinal)
        )
        {
            var names = string.Join(", ", type.NamedBy);
            var differing = type == Patchset.Entity ? "AND count(DISTINCT manifest_sha256) > 1" : "";
            using var row = session.Query(
                $"SELECT {names}, count(*) FROM {type.Name} GROUP BY {names} HAVING count(*) > 1 {differing} ORDER BY {names} LIMIT 100"
            );
            while (row.Read())
            {
                var name = string.Join('/', Enumerable.Range(0, type.NamedBy.Count).Select(row.GetString));
                conflicts.Add(new NameConflict(type.Name, name, row.GetInt64(type.NamedBy.Count)));
            }
        }

        return conflicts;
    }

    private LinkStatus Of(Peer peer, IReadOnlyDictionary<string, long> vector)
    {
        var behind = peer.Vector.Sum(one => Math.Max(0, one.Value - vector.GetValueOrDefault(one.Key)));
        var age = time.GetUtcNow() - peer.Synced;
        var isWaiting = behind == 0 && peer.Error is null && age <= s_waiting;
        return new LinkStatus(peer, StateOf(peer, behind), isWaiting ? TimeSpan.Zero : age, behind);
    }

    private static LinkState StateOf(Peer peer, long behind) =>
        peer.Error is not null ? LinkState.Failed
        : peer.Contact is null ? LinkState.New
        : peer.Differing.Count > 0 && behind == 0 ? LinkState.Differing
        : behind > 0 || peer.Synced is null ? LinkState.CatchingUp
        : LinkState.InSync;
}
