using System.Globalization;
using EPortal.Accounts;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.PatchSource;

namespace EPortal.Operations;

/// <summary>Looks for what an administrator has to know.</summary>
internal static class Findings
{
    private const long LittleBytes = 1L << 30;
    private const int NamedFeeds = 3;

    /// <summary>What is odd about the settings.</summary>
    public static IEnumerable<Finding> OfSettings(IReadOnlyList<string> warnings) => warnings.Count == 0
        ? [Finding.Ok("settings", "All of them are known and have an effect.")]
        : warnings.Select(warning => Finding.Warning("settings", warning));

    /// <summary>How it stands with the patch source.</summary>
    public static Finding OfSource(SourceStatus status) => status switch
    {
        { Url: null } => Finding.Ok("patch-source", "None is set; patchsets come as files."),
        { At: null } => Finding.Warning("patch-source", $"{status.Url} was never asked yet."),
        { Error: not null } => Finding.Problem("patch-source", $"The last sync failed: {status.Message}"),
        _ => Finding.Ok("patch-source", $"Synced at {status.SucceededAt}. {status.Message}"),
    };

    /// <summary>Whether signatures are demanded.</summary>
    public static Finding OfTrust(TrustedKeys trusted) => trusted.IsEmpty
        ? Finding.Warning("trust", "TRUSTED_KEYS pins no key, so unsigned patchsets are accepted.")
        : Finding.Ok("trust", "Patchsets must be signed with a pinned key.");

    /// <summary>Whether anybody may change things.</summary>
    public static Finding OfAdmins(UserStore users) => users.AnyAdmin()
        ? Finding.Ok("accounts", "There is an admin.")
        : Finding.Warning("accounts", char.ToUpperInvariant(UserStore.NoAdmin[0]) + UserStore.NoAdmin[1..]);

    /// <summary>Whether there is room on a file system.</summary>
    public static Finding OfDisk(string folder)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        var message = $"{folder} has {free >> 20} MiB free.";
        return free < LittleBytes ? Finding.Warning("disk", message) : Finding.Ok("disk", message);
    }

    /// <summary>Whether what the patch source said last still holds.</summary>
    /// <param name="expires">Until when its last index may be believed; null while none was seen.</param>
    /// <param name="now">The time.</param>
    public static Finding OfExpiry(DateTimeOffset? expires, DateTimeOffset now) => expires is { } at && at <= now
        ? Finding.Problem("patch-source", string.Create(
            CultureInfo.InvariantCulture, $"The list of the patch source expired at {at:yyyy-MM-dd HH:mm} UTC, so nobody hears of patchsets that it blocks."))
        : Finding.Ok("patch-source", "Its list has not expired.");

    /// <summary>Whether feeds lack what is here for them.</summary>
    public static Finding OfBehind(IReadOnlyList<string> feeds) => feeds switch
    {
        [] => Finding.Ok("feeds", "No feed is behind."),
        [var one] => Finding.Warning("feeds", $"The feed {one} is behind: a newer patchset of its channel is here, neither enabled nor disabled there."),
        _ => Finding.Warning("feeds", $"{Several(feeds)}: newer patchsets of their channels are here, neither enabled nor disabled there."),
    };

    private static string Several(IReadOnlyList<string> feeds) => feeds.Count <= NamedFeeds
        ? $"The feeds {string.Join(", ", feeds.SkipLast(1))} and {feeds[^1]} are behind"
        : $"{feeds.Count} feeds are behind, among them {string.Join(", ", feeds.Take(NamedFeeds))}";

    /// <summary>Whether somebody may change things.</summary>
    public static Finding OfAdmins(IEnumerable<User> users) => users.Any(user => user.IsAdmin)
        ? Finding.Ok("accounts", "There is an admin.")
        : Finding.Warning("accounts", "No user is an admin, so only the command line can change things.");

    /// <summary>Whether files were found damaged that could not be put back.</summary>
    public static Finding OfFiles(IReadOnlyCollection<PatchFileLocation> damaged) => damaged.Count == 0
        ? Finding.Ok("files", "No patch file was found damaged.")
        : Finding.Problem("files", $"{damaged.First().File.Name} of {damaged.First().Patchset} is damaged and could not be restored; {damaged.Count} such in all. Hosts that ask for it get none.");

    /// <summary>What feeds offer though the patch source does not give it out any more, or says that it does harm.</summary>
    public static IEnumerable<Finding> OfFeeds(Database database) =>
        from doubtful in database.Read(EnabledButWithdrawn.List)
        select doubtful.IsBlocked
            ? Finding.Problem("feeds", $"{doubtful.Patchset} is enabled on {doubtful.Feed}, though the patch source blocked it.")
            : Finding.Warning("feeds", $"{doubtful.Patchset} is enabled on {doubtful.Feed}, and was withdrawn by the patch source.");
}
