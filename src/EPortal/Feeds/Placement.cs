using EPortal.Data;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>State of a patchset on a feed.</summary>
internal enum PatchsetState
{
    /// <summary>Here, but not on the feed.</summary>
    Undeployed,

    /// <summary>Offered by the feed to the targets for which it is the newest.</summary>
    Enabled,

    /// <summary>Kept off the feed: neither auto-update nor enabling all up to a newer one brings it there.</summary>
    Disabled,

    /// <summary>Known, but its files are not here.</summary>
    NotDownloaded,
}

/// <summary>Names of the states in API and command line.</summary>
internal static class PatchsetStates
{
    /// <summary>The name of a state.</summary>
    public static string Token(this PatchsetState state) => state switch
    {
        PatchsetState.Enabled => "enabled",
        PatchsetState.Disabled => "disabled",
        PatchsetState.NotDownloaded => "not-downloaded",
        _ => "undeployed",
    };
}

/// <summary>A patchset as it stands on a feed.</summary>
internal sealed record Placement(Patchset Patchset, PatchsetState State)
{
    /// <summary>How the store sees the pair: a disabling is a hold, so it survives any enabling that did not see it.</summary>
    public static readonly EntityType Entity = new("placement", "enabled")
    {
        Joins = [Feed.Entity, Patchset.Entity],
        CanBeHeld = true,
        ShapesOffers = true,
    };

    /// <summary>The id of the pair.</summary>
    public static string IdOf(Feed feed, Patchset patchset) => EntityType.PairId(feed.Id, patchset.Id);
}
