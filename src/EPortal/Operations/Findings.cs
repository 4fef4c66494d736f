using EPortal.Feeds;
using EPortal.Format;
using EPortal.PatchSource;

namespace EPortal.Operations;

/// <summary>Looks for what an administrator has to know.</summary>
internal static class Findings
{
    private const long LittleBytes = 1L << 30;

    /// <summary>How it stands with the patch source.</summary>
    public static Finding OfSource(SourceStatus status) => status switch
    {
        { Url: null } => Finding.Ok("patch-source", "None is set; patchsets come as files."),
        { At: null } => Finding.Warning("patch-source", $"{status.Url} was never asked yet."),
        { Error: { } error } => Finding.Problem("patch-source", $"{error}: {status.Message}"),
        _ => Finding.Ok("patch-source", $"Synced at {status.SucceededAt}. {status.Message}"),
    };

    /// <summary>Whether signatures are demanded.</summary>
    public static Finding OfTrust(TrustedKeys trusted) => trusted.IsEmpty
        ? Finding.Warning("trust", "TRUSTED_KEYS pins no key, so unsigned patchsets are accepted.")
        : Finding.Ok("trust", "Patchsets must be signed with a pinned key.");

    /// <summary>Whether there is room on a file system.</summary>
    public static Finding OfDisk(string folder)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        var message = $"{folder} has {free >> 20} MiB free.";
        return free < LittleBytes ? Finding.Warning("disk", message) : Finding.Ok("disk", message);
    }

    /// <summary>What feeds offer though the patch source does not give it out any more.</summary>
    public static IEnumerable<Finding> OfFeeds(FeedStore feeds, Rollout rollout) =>
        from product in Products.All
        from feed in feeds.List()
        from placement in rollout.List(feed.Name, product)
        where placement.IsQuestionable
        select Finding.Warning("feeds", $"{placement.Patchset.Name} is enabled on {feed.Name}, and was withdrawn by the patch source.");
}
