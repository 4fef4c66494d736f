using EPortal.Data;
using EPortal.Format;
using EPortal.Keys;

namespace EPortal.Servers.CheckIns;

/// <summary>What the hot path must know of a registered host, in as few bytes as can be: there are a million.</summary>
internal struct CachedServer
{
    /// <summary>This node's number of it.</summary>
    public long Local;

    /// <summary>Uptime of its last check-in; -1 before the first.</summary>
    public long Uptime;

    /// <summary>Digest of what it said last; 0 when that is not known.</summary>
    public long Digest;

    /// <summary>Second half of its entity id: the sequence number at its origin.</summary>
    public long Sequence;

    /// <summary>Where in <see cref="FleetView.Keys"/> its key stands.</summary>
    public int Key;

    /// <summary>Number of its origin.</summary>
    public ushort Origin;

    /// <summary>Counts changes of its facts, so that of two the last one's digest stays.</summary>
    public ushort Version;
}

/// <summary>A key as far as agents are concerned.</summary>
/// <param name="FeedId">The feed its servers follow.</param>
/// <param name="FeedName">Name of that feed.</param>
/// <param name="Products">Tokens of the products its servers may have patches of, spaces between them.</param>
internal sealed record AgentKey(string FeedId, string FeedName, string Products)
{
    /// <summary>Whether its servers may have kernel patches.</summary>
    public bool AllowsKernel { get; } = AllowedProducts.Contain(Products, Product.Kernel);

    /// <summary>The feed's part of digests of what its servers said.</summary>
    public long FeedDigest { get; } = FactsDigest.OfFeed(FeedName);
}

/// <summary>What all agents have in common at one state of the store.</summary>
/// <param name="Mark">The state.</param>
/// <param name="Offers">What feeds offer.</param>
/// <param name="Keys">Keys by their number; null for those that are not in force.</param>
internal sealed record FleetView(CommitMark Mark, Feeds.OfferTable Offers, AgentKey?[] Keys);
