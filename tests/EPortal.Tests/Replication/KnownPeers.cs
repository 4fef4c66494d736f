using EPortal.Data;
using EPortal.Feeds;
using EPortal.Hosting;
using EPortal.Keys;
using EPortal.Replication;
using EPortal.Replication.Channel;
using EPortal.Tests.Agents;
using EPortal.Tests.Data;

namespace EPortal.Tests.Replication;

/// <summary>What a portal knows of other nodes, put into its store as a link does it.</summary>
internal static class KnownPeers
{
    public const string Url = "http://b.example:8080";

    /// <summary>Replication is on, and no node is called: those noted later are known to the store alone.</summary>
    public static Settings On(Settings settings) =>
        settings with
        {
            NodeUrl = new Uri("http://a.example:8080/"),
            ReplicationSharedKey = [ReplicaNode.SharedKey],
        };

    /// <summary>A node that answered this moment and has nothing that is not here.</summary>
    public static Peer InSync(TestPortal portal, string url = Url)
    {
        var now = portal.Time.GetUtcNow();
        return new Peer
        {
            Url = url,
            Origin = "BBBB",
            Contact = now,
            Synced = now,
        };
    }

    public static Task NoteAsync(TestPortal portal, Peer peer) =>
        portal.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                PeerStore.Add(change.Session, peer.Url, isAnnounced: true);
                PeerStore.Write(change.Session, peer);
                return true;
            }
        );

    /// <summary>A key of another node with the name of one that is here.</summary>
    public static Task ReceiveKeyAsync(TestPortal portal, string name)
    {
        var feed = portal.Portal.Database.Read(session => FeedStore.Get(session, Feed.Main)).Id;
        var operation = new Operation
        {
            Id = new EntityId("BBBB", 1),
            Stamp = HybridClock.Next(0, portal.Time.GetUtcNow()),
            Entity = Key.Entity.Name,
            Kind = OperationKind.Create,
            Set = new Fields
            {
                { "name", name },
                { "note", "" },
                { "feed", feed },
                { "server_limit", 0L },
                { "products", "kernel" },
            },
        };
        return portal.Portal.Log.Commit(Actor.Portal, change => change.Apply(operation));
    }

    /// <summary>The state of replication as a node with this store would tell it.</summary>
    public static ReplicationStatus StatusOf(TestStore store) =>
        new(
            new ReplicationOptions(
                null,
                null,
                [new SharedKey(ReplicaNode.SharedKey)],
                CheckCert: true,
                IsStandby: false,
                IsCache: false,
                MergeLock: ""
            ),
            store.Database,
            new StateReader(Entities.Catalog),
            store.Time
        );
}
