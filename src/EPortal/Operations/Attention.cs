using EPortal.Accounts;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Operations.Reports;
using EPortal.Patchsets;
using EPortal.PatchSource;

namespace EPortal.Operations;

/// <summary>Something that an administrator should look at, and where.</summary>
/// <param name="Finding">What it is.</param>
/// <param name="Address">Address of the page where it is solved; null where no page solves it.</param>
/// <param name="Place">What that page is called.</param>
internal sealed record Notice(Finding Finding, string? Address, string? Place)
{
    /// <summary>Whether it does not work; else it works, and somebody should look.</summary>
    public bool IsProblem => Finding.Severity == "problem";
}

/// <summary>What needs attention now. Looking costs little, so that it can be done for each page.</summary>
internal sealed class Attention(
    OperationsOptions options,
    Database database,
    PortalSigner signer,
    UserStore users,
    PatchDelivery delivery,
    IEnumerable<IFindingSource> others,
    TimeProvider time
)
{
    private static readonly Dictionary<string, (string Address, string Place)> s_places = new(StringComparer.Ordinal)
    {
        ["patch-source"] = ("/admin/source", "Patch source"),
        ["trust"] = ("/admin/source", "Trusted keys"),
        ["database"] = ("/admin/patchsets", "Patchsets"),
        ["disk-data"] = ("/admin/patchsets", "Patchsets"),
        ["disk-patches"] = ("/admin/patchsets", "Patchsets"),
        ["files"] = ("/admin/patchsets", "Patchsets"),
        ["patch-files"] = ("/admin/patchsets", "Patchsets"),
        ["feeds"] = ("/admin/patchsets", "Patchsets"),
        ["reports"] = ("/admin/source", "Patch source"),
        ["accounts"] = ("/admin/users", "Users"),
        ["replication"] = ("/admin/replication", "Replication"),
    };

    /// <summary>What does not work, then what should be looked at.</summary>
    /// <param name="fleet">The fleet, for what was found when it was counted; null while it was not.</param>
    public IReadOnlyList<Notice> Look(Fleet? fleet) =>
        [
            .. All(fleet)
                .Where(finding => finding.Severity != "ok")
                .OrderBy(finding => finding.Severity, StringComparer.Ordinal)
                .Select(finding =>
                    s_places.TryGetValue(finding.Subject, out var place)
                        ? new Notice(finding, place.Address, place.Place)
                        : new Notice(finding, null, null)
                ),
        ];

    private IEnumerable<Finding> All(Fleet? fleet) =>
        [
            Findings.OfWriting(database.WriteFailure),
            .. Findings.OfFeeds(database),
            .. OfSource(),
            Findings.OfFiles(delivery.Damaged),
            Findings.OfMissing(database, new PatchFolders(options.PatchesFolder)),
            Findings.OfFile(database),
            Findings.OfDisk("disk-data", options.DataFolder, options.MinFreeBytes),
            .. options.PatchesFolder == options.DataFolder
                ? []
                : new[] { Findings.OfDisk("disk-patches", options.PatchesFolder, options.MinFreeBytes) },
            Findings.OfTrust(signer.Trusted),
            Findings.OfReports(database.Read(ReportState.Read)),
            Findings.OfAdmins(users.List()),
            Findings.OfBehind(fleet?.FeedsBehind ?? []),
            .. others.SelectMany(other => other.Look()),
        ];

    private IEnumerable<Finding> OfSource()
    {
        var (setting, _, problem) = options.Source.State;
        if (problem is not null)
            yield return Finding.Problem("patch-source", problem);
        var status = SourceStatus.Read(database, setting.Url, "");
        yield return Findings.OfSource(status);
        if (status.Url is not null && status.Error != nameof(SourceError.Expired))
            yield return Findings.OfExpiry(database.Read(SourceStore.ExpiryOrNull)?.Expires, time.GetUtcNow());
    }
}
