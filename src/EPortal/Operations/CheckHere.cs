using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.PatchSource;
using EPortal.Replication;

namespace EPortal.Operations;

/// <summary>What to check, and from where on it is worth a report.</summary>
internal sealed record CheckOptions(
    string? Key,
    string? Feed,
    CheckLimit Outdated,
    CheckLimit Inactive,
    CheckLimit SourceAge
);

/// <summary>Checks the portal whose data folder is on this machine.</summary>
internal static class CheckHere
{
    /// <summary>Looks at it. A data folder that is not there is not made.</summary>
    public static async Task<CheckReport> Run(CliContext context, CheckOptions wish)
    {
        var settings = context.Settings;
        if (!Directory.Exists(settings.DataDir))
            return CheckReport.Of(CheckState.Critical, "data-folder", $"data folder {settings.DataDir} not found");
        // Where this user may not look, opening it says so.
        if (MayEnter(settings.DataDir) && !File.Exists(Path.Combine(settings.DataDir, "eportal.sqlite")))
            return CheckReport.Of(CheckState.Critical, "data-folder", $"no database in data folder {settings.DataDir}");
        await using var portal = context.OpenPortal();
        if (wish.Key is { } key && portal.Keys.List().All(one => one.Name != key))
            return CheckReport.Of(CheckState.Unknown, "servers", $"key '{key}' not found");
        if (wish.Feed is { } feed && portal.Feeds.List().All(one => one.Name != feed))
            return CheckReport.Of(CheckState.Unknown, "servers", $"feed '{feed}' not found");
        return Look(portal, wish, context.Time.GetUtcNow());
    }

    private static CheckReport Look(Portal portal, CheckOptions wish, DateTimeOffset now)
    {
        var counts = portal
            .Database.Read(session => ServerCensus.Take(session, portal.Offers, now, wish.Key, wish.Feed))
            .Values.Aggregate(ServerCounts.None, (sum, one) => sum.Plus(one));
        var state = portal.Database.Read(SourceStore.StateOrNull);
        var age = portal.Source.Url is not null && state?.SucceededAt is { } at ? (long?)(now - at).TotalSeconds : null;
        var least = portal.Settings.ReadyMinFreeBytes;
        List<CheckPart> parts =
        [
            .. HealthChecks.Look(portal.Get<OperationsOptions>(), portal.Database).Select(CheckPart.Of),
            .. Findings.OfFeeds(portal.Database).Select(CheckPart.Of),
            .. Findings.OfReplication(portal.Get<ReplicationStatus>()).Select(CheckPart.Of),
            CheckPart.Of(Findings.OfReports(portal.Reports.State)),
            new("outdated", wish.Outdated.Of(counts.Outdated), $"{Plural.Of(counts.Outdated, "server")} outdated"),
            new("inactive", wish.Inactive.Of(counts.Inactive), $"{Plural.Of(counts.Inactive, "server")} inactive"),
            OfAge(portal.Source, wish.SourceAge, age),
        ];
        List<CheckValue> values =
        [
            new("outdated", counts.Outdated, "", Text(wish.Outdated.Warning), Text(wish.Outdated.Critical)),
            new("inactive", counts.Inactive, "", Text(wish.Inactive.Warning), Text(wish.Inactive.Critical)),
            new("up_to_date", counts.UpToDate),
            new("unsupported", counts.Unsupported),
            Free("free_data", portal.Settings.DataDir, least),
            Free("free_patches", portal.PatchesRoot, least),
        ];
        if (age is { } seconds)
            values.Add(new("source_age", seconds, "s", Text(wish.SourceAge.Warning), Text(wish.SourceAge.Critical)));
        return CheckReport.Of(parts, values);
    }

    /// <summary>A source that never answered is as old as can be.</summary>
    private static CheckPart OfAge(PatchSourceManager source, CheckLimit limit, long? age) =>
        source.Url is null ? new("source-age", CheckState.Ok, "no patch source set")
        : age is { } seconds ? new("source-age", limit.Of(seconds), $"last successful sync {seconds / 3600} hours ago")
        : new("source-age", limit.Of(double.PositiveInfinity), "no successful sync yet");

    /// <summary>Too little is what is below, hence the colon.</summary>
    private static CheckValue Free(string name, string folder, long least) =>
        new(name, new DriveInfo(folder).AvailableFreeSpace, "B", null, $"{least}:");

    private static string? Text(long? limit) => limit?.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static bool MayEnter(string folder)
    {
        try
        {
            _ = Directory.EnumerateFileSystemEntries(folder).Any();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
