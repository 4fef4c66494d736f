using System.Globalization;
using EPortal.Accounts;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Operations.Reports;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Replication;

namespace EPortal.Operations;

/// <summary>Looks for what an administrator has to know.</summary>
internal static class Findings
{
    private const int NamedFeeds = 3;

    /// <summary>What is odd about the settings.</summary>
    public static IEnumerable<Finding> OfSettings(IReadOnlyList<string> warnings) =>
        warnings.Count == 0
            ? [Finding.Ok("settings", "no problems")]
            : warnings.Select(warning => Finding.Warning("settings", warning));

    /// <summary>The state of the patch source.</summary>
    public static Finding OfSource(SourceStatus status) =>
        status switch
        {
            { Url: null } => Finding.Ok("patch-source", "no patch source set"),
            { At: null } => Finding.Warning("patch-source", $"{status.Url} never synced"),
            { Error: not null } => Finding.Problem("patch-source", $"last sync failed: {status.Message}"),
            _ => Finding.Ok("patch-source", $"synced at {status.SucceededAt}: {status.Message}"),
        };

    /// <summary>Whether changes are written.</summary>
    public static Finding OfWriting(StoreException? failure) =>
        failure is null
            ? Finding.Ok("database", "changes are written")
            : Finding.Problem(
                "database",
                $"{failure.Message}; agents are served, check-ins are not recorded and changes are refused until there is room"
            );

    /// <summary>Whether usage reports go out.</summary>
    public static Finding OfReports(ReportState report) =>
        report.IsPending ? Finding.Warning("reports", report.Sentence) : Finding.Ok("reports", report.Sentence);

    /// <summary>Whether signatures are demanded.</summary>
    public static Finding OfTrust(TrustedKeys trusted) =>
        trusted.IsEmpty
            ? Finding.Warning("trust", "TRUSTED_KEYS is empty, unsigned patchsets are accepted")
            : Finding.Ok("trust", "patchsets must be signed with a trusted key");

    /// <summary>Whether anybody may change things.</summary>
    public static Finding OfAdmins(UserStore users) =>
        users.AnyAdmin() ? Finding.Ok("accounts", "an admin exists") : Finding.Warning("accounts", UserStore.NoAdmin);

    /// <summary>Whether there is room on a file system.</summary>
    /// <param name="subject">What it is for.</param>
    /// <param name="folder">A folder on it.</param>
    /// <param name="least">Free bytes below which it is a problem; below ten times that it is a warning.</param>
    public static Finding OfDisk(string subject, string folder, long least)
    {
        try
        {
            var free = new DriveInfo(folder).AvailableFreeSpace;
            return free < least
                    ? Finding.Problem(subject, $"{folder} has only {free >> 20} MiB free; {least >> 20} MiB required")
                : free / 10 < least ? Finding.Warning(subject, $"{folder} has only {free >> 20} MiB free")
                : Finding.Ok(subject, $"{folder} has {free >> 20} MiB free");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Problem(subject, $"cannot read free space of {folder}: {e.Message}");
        }
    }

    /// <summary>Whether what the patch source said last still holds.</summary>
    /// <param name="expires">Until when its last index may be believed; null while none was seen.</param>
    /// <param name="now">The time.</param>
    public static Finding OfExpiry(DateTimeOffset? expires, DateTimeOffset now) =>
        expires is { } at && at <= now
            ? Finding.Problem(
                "patch-source",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"patch source index expired at {at:yyyy-MM-dd HH:mm} UTC, newly blocked patchsets are not noticed"
                )
            )
            : Finding.Ok("patch-source", "patch source index is valid");

    /// <summary>Whether feeds lack what is here for them.</summary>
    public static Finding OfBehind(IReadOnlyList<string> feeds) =>
        feeds switch
        {
            [] => Finding.Ok("feeds", "no feed is behind"),
            [var one] => Finding.Warning(
                "feeds",
                $"feed '{one}' is behind: enable or disable the newer patchset of its channel"
            ),
            _ => Finding.Warning("feeds", $"{Several(feeds)}: enable or disable the newer patchsets of their channels"),
        };

    private static string Several(IReadOnlyList<string> feeds) =>
        feeds.Count <= NamedFeeds
            ? $"feeds {string.Join(", ", feeds.SkipLast(1).Select(feed => $"'{feed}'"))} and '{feeds[^1]}' are behind"
            : $"{feeds.Count} feeds are behind, including {string.Join(", ", feeds.Take(NamedFeeds).Select(feed => $"'{feed}'"))}";

    /// <summary>Whether somebody may change things.</summary>
    public static Finding OfAdmins(IEnumerable<User> users) =>
        users.Any(user => user.IsAdmin)
            ? Finding.Ok("accounts", "an admin exists")
            : Finding.Warning("accounts", "no user is an admin, only the command line can make changes");

    /// <summary>Whether files were found damaged that could not be put back.</summary>
    public static Finding OfFiles(IReadOnlyCollection<PatchFileLocation> damaged) =>
        damaged.Count == 0
            ? Finding.Ok("files", "no damaged patch files")
            : Finding.Problem(
                "files",
                $"{damaged.First().File.Name} of {damaged.First().Patchset} is damaged, cannot be restored and is not served; damaged files in total: {damaged.Count}"
            );

    /// <summary>Whether the database's file is the one that was opened.</summary>
    public static Finding OfFile(Database database)
    {
        try
        {
            database.RequireSame();
            return Finding.Ok("database", "its file is in place");
        }
        catch (StoreException e)
        {
            return Finding.Problem("database", e.Message);
        }
    }

    /// <summary>Whether the files of all patchsets are where they belong.</summary>
    public static Finding OfMissing(Database database, PatchFolders folders)
    {
        var missing = MissingFiles.Find(database, folders);
        if (missing.Count == 0)
            return Finding.Ok("patch-files", "all patchsets have their files");
        var first = missing.FirstOrDefault(one => one.IsEnabled) ?? missing[0];
        var text =
            $"files of {Plural.Of(missing.Count, "patchset")} are missing, first of '{first.Name}'; "
            + $"check PATCHES_DIR, or fetch them with `kc.eportal {first.Product.Verb()} download-missing`";
        return first.IsEnabled ? Finding.Problem("patch-files", text) : Finding.Warning("patch-files", text);
    }

    /// <summary>
    /// What feeds offer though the patch source does not give it out any more, or says that it does harm.
    /// </summary>
    public static IEnumerable<Finding> OfFeeds(Database database) =>
        from doubtful in database.Read(EnabledButWithdrawn.List)
        select doubtful.IsBlocked
            ? Finding.Problem(
                "feeds",
                $"patchset '{doubtful.Patchset}' is enabled on feed '{doubtful.Feed}', but blocked by the patch source"
            )
            : Finding.Warning(
                "feeds",
                $"patchset '{doubtful.Patchset}' is enabled on feed '{doubtful.Feed}', but withdrawn from the patch source"
            );

    /// <summary>What of replication needs somebody; nothing while it is off.</summary>
    public static IEnumerable<Finding> OfReplication(ReplicationStatus status)
    {
        if (!status.IsOn)
            return [];
        var links = status.Links();
        if (links.Count == 0)
            return [Finding.Warning("replication", "replication is on, but no other node is known")];
        List<Finding> findings =
        [
            .. links.Where(link => !link.IsOk).Select(link => Finding.Problem("replication", Sentence(link))),
            .. links
                .Where(link => link.Peer.Skew.Duration() >= PeerLink.WarnedSkew)
                .Select(link =>
                    Finding.Warning(
                        "replication",
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"the clock of {link.Peer.Url} is {link.Peer.Skew.Duration().TotalSeconds:0.0} seconds {(link.Peer.Skew > TimeSpan.Zero ? "ahead of" : "behind")} this one; set both by NTP"
                        )
                    )
                ),
        ];
        return findings.Count > 0
            ? findings
            : [Finding.Ok("replication", $"in sync with {Plural.Of(links.Count, "node")}")];
    }

    private static string Sentence(LinkStatus link) =>
        link.State switch
        {
            LinkState.Failed => $"replication with {link.Peer.Url} failed: {link.Peer.Error}",
            LinkState.Differing =>
                $"{link.Peer.Url} has the same changes as this node and other rows of {string.Join(", ", link.Peer.Differing)}; run `kc.eportal replication --full-sync`",
            LinkState.New => $"no contact with {link.Peer.Url} yet",
            _ when link.Lag is { } lag =>
                $"the last sync with {link.Peer.Url} was {Plural.Of((long)lag.TotalSeconds, "second")} ago, {Plural.Of(link.Behind, "change")} missing here",
            _ => $"the first sync with {link.Peer.Url} has not ended yet",
        };
}
