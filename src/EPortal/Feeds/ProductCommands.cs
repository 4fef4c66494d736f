using System.CommandLine;
using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary><c>kc.eportal kcare|libcare|qemu|db</c>: patchsets of a product on feeds.</summary>
internal static class ProductCommands
{
    /// <summary>The command of a product.</summary>
    public static Command Create(CliContext context, Product product) =>
        new(product.Verb(), $"look after {product.Token()} patchsets")
        {
            DeployCommand(context, product),
            EnableCommand(context, product),
            DisableCommand(context, product),
            UnrollCommand(context, product),
            PatchsetList.Create(context, product),
        };

    /// <summary>Takes in an archive and enables it on a feed, or disables it there.</summary>
    public static async Task Deploy(CliContext context, Product product, string path, string feed, bool disabled, bool json)
    {
        // Opened before the data folder: there the program may give up the rights that reading this file takes.
        await using var archive = ArchiveFile.OpenOrInput(context, path);
        await using var portal = context.OpenPortal();
        // It is looked for again in the transaction; here it spares reading gigabytes for nothing.
        portal.Feeds.Get(feed);
        using var progress = new CliProgress(context, Path.GetFileName(path), archive.CanSeek ? archive.Length : CliProgress.UnknownTotal);
        var deployed = await portal.Patchsets.Deploy(
            context.Operator(),
            product,
            new ProgressStream(archive, progress),
            Rollout.Place(feed, disabled),
            context.Cancellation);
        progress.Dispose();
        if (deployed.SignedBy is null)
            context.Note("warning: no key is pinned, so it was not checked who made this patchset; TRUSTED_KEYS pins keys.");
        RolloutOutput.Show(context, [deployed.Patchset], disabled ? PatchsetState.Disabled : PatchsetState.Enabled, feed, json);
    }

    /// <summary>Takes a patchset off a feed.</summary>
    public static async Task Unroll(CliContext context, Product product, string name, string feed, bool json)
    {
        await using var portal = context.OpenPortal();
        await portal.Rollout.Unroll(context.Operator(), product, name, feed);
        RolloutOutput.Show(context, [name], PatchsetState.Undeployed, feed, json);
    }

    private static async Task UnrollDownTo(CliContext context, Product product, string name, string feed, bool json)
    {
        await using var portal = context.OpenPortal();
        var unrolled = await portal.Rollout.UndeployDownTo(context.Operator(), product, name, feed);
        RolloutOutput.Show(context, unrolled, PatchsetState.Undeployed, feed, json);
    }

    private static async Task Delete(CliContext context, Product product, string name, string? feed, bool yes, bool json)
    {
        await using var portal = context.OpenPortal();
        var enabled = portal.Rollout.FeedsWith(product, name);
        if (feed is not null && enabled.Any(on => on != feed))
            throw new CliException($"{name} is enabled on {string.Join(", ", enabled)}; without --feed it is deleted from all.");
        await context.ConfirmAsync($"Delete {name}, which is enabled on {enabled.Count} feeds?", yes || enabled.Count <= 1);
        await portal.Patchsets.Delete(context.Operator(), product, name);
        RolloutOutput.ShowDeleted(context, name, json);
    }

    private static Command DeployCommand(CliContext context, Product product)
    {
        var archive = CliOptions.Required("archive", "path to archive");
        var feed = CliOptions.Value<string>("feed to deploy archive to", "--feed");
        var disabled = CliOptions.Flag("do not enable patchset after deploy", "--disabled");
        var json = CliOptions.Json();
        var command = new Command("deploy", $"""
            deploy patchset from archive

            example:
              kc.eportal {product.Verb()} deploy --feed test /tmp/K20251112_06.tar.bz2
            """) { archive, feed, disabled, json };
        command.SetAction((parsed, _) => Deploy(
            context, product, parsed.GetValue(archive)!, parsed.GetValue(feed) ?? Feed.Main, parsed.GetValue(disabled), parsed.GetValue(json)));
        return command;
    }

    private static Command EnableCommand(CliContext context, Product product)
    {
        var name = Name();
        var feed = FeedOption();
        var upTo = CliOptions.Flag("all older ones too, but for the disabled", "--upto");
        var json = CliOptions.Json();
        var command = new Command("enable", "offer a patchset on a feed") { name, feed, upTo, json };
        command.SetAction(async (parsed, _) =>
        {
            var (patchset, on) = (parsed.GetValue(name)!, parsed.GetValue(feed) ?? Feed.Main);
            await using var portal = context.OpenPortal();
            IReadOnlyList<string> enabled = parsed.GetValue(upTo)
                ? await portal.Rollout.EnableUpTo(context.Operator(), product, patchset, on, context.Cancellation)
                : [(await portal.Rollout.Enable(context.Operator(), product, patchset, on, context.Cancellation)).Patchset.Name];
            RolloutOutput.Show(context, enabled, PatchsetState.Enabled, on, parsed.GetValue(json));
        });
        return command;
    }

    private static Command DisableCommand(CliContext context, Product product)
    {
        var name = Name();
        var feed = FeedOption();
        var json = CliOptions.Json();
        var command = new Command("disable", "keep a patchset off a feed until it is enabled by name") { name, feed, json };
        command.SetAction(async (parsed, _) =>
        {
            var (patchset, on) = (parsed.GetValue(name)!, parsed.GetValue(feed) ?? Feed.Main);
            await using var portal = context.OpenPortal();
            await portal.Rollout.Disable(context.Operator(), product, patchset, on);
            RolloutOutput.Show(context, [patchset], PatchsetState.Disabled, on, parsed.GetValue(json));
        });
        return command;
    }

    private static Command UnrollCommand(CliContext context, Product product)
    {
        var name = Name();
        var feed = FeedOption();
        var downTo = CliOptions.Flag("all newer ones too, but for the disabled", "--downto");
        var delete = CliOptions.Flag("delete it from every feed and from disk", "--delete");
        var yes = CliOptions.Yes();
        var json = CliOptions.Json();
        var command = new Command("unroll", "take a patchset off a feed") { name, feed, downTo, delete, yes, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(downTo) && result.GetValue(delete))
                result.AddError("only one of --downto and --delete can be given.");
        });
        command.SetAction((parsed, _) =>
        {
            var (patchset, on) = (parsed.GetValue(name)!, parsed.GetValue(feed));
            return parsed.GetValue(delete) ? Delete(context, product, patchset, on, parsed.GetValue(yes), parsed.GetValue(json))
                : parsed.GetValue(downTo) ? UnrollDownTo(context, product, patchset, on ?? Feed.Main, parsed.GetValue(json))
                : Unroll(context, product, patchset, on ?? Feed.Main, parsed.GetValue(json));
        });
        return command;
    }

    private static Argument<string> Name() => CliOptions.Required("patchset", "name of the patchset");

    private static Option<string?> FeedOption() => CliOptions.Value<string>("feed (main by default)", "--feed");
}
