using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary><c>kc.eportal PRODUCT update|auto-update|download-missing</c> and <c>cache-mode --fetch-meta</c>.</summary>
internal static partial class UpdateCommands
{
    /// <summary>Adds the commands of a product.</summary>
    public static void AddTo(Command productCommand, CliContext context, Product product)
    {
        productCommand.Add(UpdateCommand(context, product));
        productCommand.Add(AutoUpdateCommand(context, product));
        productCommand.Add(DownloadMissingCommand(context, product));
    }

    /// <summary><c>kc.eportal cache-mode --fetch-meta</c>.</summary>
    public static Command CacheMode(CliContext context)
    {
        var fetch = CliOptions.Flag(
            "fetch the manifests of all listed patchsets; files are fetched when agents ask for them",
            "--fetch-meta"
        );
        var json = CliOptions.Json();
        var command = new Command("cache-mode", "prepare for cache mode") { fetch, json };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(fetch))
                result.AddError("specify an action: --fetch-meta");
        });
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                var report = await Sync(context, portal, _ => new SyncRequest(Products.All, Whole: false));
                Show(context, report, [], parsed.GetValue(json));
            }
        );
        return command;
    }

    /// <summary>Fetches what is new of all products.</summary>
    public static async Task<int> SyncAll(CliContext context, bool json)
    {
        await using var portal = context.OpenPortal();
        Show(context, await Sync(context, portal, source => source.Request(Products.All)), [], json);
        return CliExit.Success;
    }

    /// <summary>Fetches what is new, then gives one feed everything of its channel.</summary>
    public static async Task Update(CliContext context, Product product, string feed, bool json)
    {
        await using var portal = context.OpenPortal();
        portal.Feeds.Get(feed);
        var report = await Sync(context, portal, source => source.Request([product]));
        var enabled = await portal.AutoUpdate.Update(context.Operator(), product, feed);
        Show(context, report, [.. enabled.Select(name => new EnabledRow(name, feed))], json);
    }

    /// <summary>Fetches what is new, then gives the automatic feeds what is due.</summary>
    public static async Task AutoUpdate(CliContext context, Product product, bool json)
    {
        await using var portal = context.OpenPortal();
        var report = await Sync(context, portal, source => source.Request([product]));
        var changed = await portal.AutoUpdate.Run(context.Operator(), product);
        Show(
            context,
            report,
            [.. changed.SelectMany(feed => feed.Patchsets.Select(name => new EnabledRow(name, feed.Feed)))],
            json
        );
    }

    private static Command UpdateCommand(CliContext context, Product product)
    {
        var feed = CliOptions.Value<string>("feed to update (main by default)", "--feed");
        feed.CompletionSources.Add(StoredNames.OfFeeds(context));
        var json = CliOptions.Json();
        var command = new Command("update", "fetch new patchsets and enable all of the feed's channel") { feed, json };
        command.SetAction(
            (parsed, _) => Update(context, product, parsed.GetValue(feed) ?? Feed.Main, parsed.GetValue(json))
        );
        return command;
    }

    private static Command AutoUpdateCommand(CliContext context, Product product)
    {
        var json = CliOptions.Json();
        var command = new Command("auto-update", "fetch new patchsets and enable those due on automatic feeds")
        {
            json,
        };
        command.SetAction((parsed, _) => AutoUpdate(context, product, parsed.GetValue(json)));
        return command;
    }

    private static Command DownloadMissingCommand(CliContext context, Product product)
    {
        var json = CliOptions.Json();
        var command = new Command("download-missing", "download missing archives of listed patchsets") { json };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                var (repaired, lost) = await new LocalRepair(portal.Database, portal.Folders, portal.Patchsets).Run(
                    context.Operator(),
                    product,
                    context.Cancellation
                );
                foreach (var name in repaired)
                    context.Note($"{name} was unpacked again from its archive");
                // What is here needs no patch source.
                if (lost.Count == 0 && portal.Source.Url is null)
                {
                    Show(context, new SyncReport(0, [], []), [], parsed.GetValue(json));
                    return;
                }

                if (lost.Count > 0 && portal.Source.Url is null)
                    throw new CliException(
                        $"no archive and no patch source for {string.Join(", ", lost)}: deploy the archives again, or set a "
                            + "patch source; if PATCHES_DIR was changed, copy the folders arch, resources and user-resources there"
                    );
                Show(
                    context,
                    await Sync(context, portal, _ => new SyncRequest([product], Whole: true, Complete: true)),
                    [],
                    parsed.GetValue(json)
                );
            }
        );
        return command;
    }

    private static async Task<SyncReport> Sync(
        CliContext context,
        Portal portal,
        Func<PatchSourceConnection, SyncRequest> request
    )
    {
        using var lease = portal.Source.Take();
        if (portal.Source.State.Problem is { } problem)
            context.Note($"warning: {problem}");
        var source =
            lease.Connection
            ?? throw new CliException("no patch source is set; set one with `kc.eportal patch-source set --url URL`");
        using var syncLock = await source.Sync.Begin(
            () => context.Note("waiting for another sync to finish"),
            context.Cancellation
        );
        CliProgress? progress = null;
        try
        {
            return await source.Sync.Run(
                context.Operator(),
                request(source),
                total => progress = new CliProgress(context, "downloading", total),
                context.Cancellation
            );
        }
        finally
        {
            progress?.Dispose();
        }
    }

    private static void Show(CliContext context, SyncReport report, EnabledRow[] enabled, bool json)
    {
        foreach (var (entry, reason) in report.Failed)
            context.Note($"{entry.Name} was not fetched: {reason}");
        if (report.Copy is { } copy)
            context.Note($"warning: {copy}");
        if (json)
            context.Json(
                new ReportRow(
                    report.Version,
                    [.. report.Fetched.Select(entry => entry.Name)],
                    [.. report.Failed.Select(failed => new FailedRow(failed.Entry.Name, failed.Reason))],
                    enabled
                ),
                UpdateJson.Default.ReportRow
            );
        else
            Show(context, report, enabled);
        if (report.Failed.Count > 0)
            throw new CliException(
                $"not fetched: {report.Failed.Count} of {Plural.Of(report.Failed.Count + report.Fetched.Count, "patchset")}"
            );
    }

    private static void Show(CliContext context, SyncReport report, EnabledRow[] enabled)
    {
        foreach (var entry in report.Fetched)
            context.Line($"{entry.Name} was downloaded");
        foreach (var (patchset, feed) in enabled)
            context.Line($"{patchset} was enabled in {feed}");
        if (report.Fetched.Count + report.Failed.Count + enabled.Length == 0)
            context.Line("nothing new");
    }

    /// <summary>A patchset that was enabled on a feed.</summary>
    internal sealed record EnabledRow(string Patchset, string Feed);

    /// <summary>One that could not be had.</summary>
    internal sealed record FailedRow(string Patchset, string Reason);

    /// <summary>What an update did, for programs.</summary>
    internal sealed record ReportRow(
        long Version,
        IReadOnlyList<string> Downloaded,
        IReadOnlyList<FailedRow> Failed,
        IReadOnlyList<EnabledRow> Enabled
    );

    [JsonSerializable(typeof(ReportRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class UpdateJson : JsonSerializerContext;
}
