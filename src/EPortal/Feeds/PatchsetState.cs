using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>State of a patchset on a feed.</summary>
internal enum PatchsetState
{
    /// <summary>Here, but not on the feed.</summary>
    Undeployed,

    /// <summary>Offered by the feed to the targets for which it is the newest.</summary>
    Enabled,

    /// <summary>Kept off the feed: neither auto update nor enabling all up to a newer one enables it.</summary>
    Disabled,

    /// <summary>Known, but not here.</summary>
    NotDownloaded,

    /// <summary>Off the feed, and withdrawn by the patch source.</summary>
    NotAvailable,

    /// <summary>Kept off all feeds, because the patch source blocked it.</summary>
    Blocked,
}

/// <summary>The states' names, and how they are derived.</summary>
internal static class PatchsetStates
{
    /// <summary>The name in API and command line.</summary>
    public static string Token(this PatchsetState state) =>
        state switch
        {
            PatchsetState.Enabled => "enabled",
            PatchsetState.Disabled => "disabled",
            PatchsetState.NotDownloaded => "not-downloaded",
            PatchsetState.NotAvailable => "not-available",
            PatchsetState.Blocked => "blocked",
            _ => "undeployed",
        };

    /// <summary>The state of a patchset that is enabled or held on a feed, or neither.</summary>
    public static PatchsetState Of(Patchset patchset, bool enabled, bool held) =>
        Of(patchset, patchset.IsHere, enabled, held);

    /// <summary>The same, given whether it is here.</summary>
    public static PatchsetState Of(Patchset patchset, bool isHere, bool enabled, bool held) =>
        patchset.IsBlocked ? PatchsetState.Blocked
        : held ? PatchsetState.Disabled
        : isHere && enabled ? PatchsetState.Enabled
        : patchset.Listed == RepositoryState.Withdrawn ? PatchsetState.NotAvailable
        : isHere ? PatchsetState.Undeployed
        : PatchsetState.NotDownloaded;
}
