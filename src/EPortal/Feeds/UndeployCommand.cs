using System.CommandLine;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Format;
using EPortal.Hosting;

namespace EPortal.Feeds;

/// <summary><c>kc.eportal PRODUCT unroll</c>: undeploys patchsets from a feed, or deletes one.</summary>
internal static class UndeployCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context, Product product)
    {
        var (name, feed) = (RolloutCommands.Name(context, product), RolloutCommands.FeedOption(context));
        var downTo = CliOptions.Flag("also undeploy newer patchsets, except disabled ones", "--downto");
        var delete = CliOptions.Flag("delete it from every feed and from disk", "--delete");
        var (yes, dryRun, json) = (CliOptions.Yes(), CliOptions.DryRun(), CliOptions.Json());
        var command = new Command(
            "unroll",
            $"""
            undeploy a patchset from a feed

            examples:
              kc.eportal {product.Verb()} unroll --feed test {ProductCommands.SampleName(product)}
              kc.eportal {product.Verb()} unroll --delete --dry-run {ProductCommands.SampleName(product)}
            """
        )
        {
            name,
            feed,
            downTo,
            delete,
            yes,
            dryRun,
            json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(downTo) && result.GetValue(delete))
                result.AddError("use only one of --downto and --delete");
            if (result.GetValue(yes) && !result.GetValue(delete))
                result.AddError("use --yes only with --delete");
        });
        command.SetAction(
            (parsed, _) =>
            {
                var (patchset, on) = (parsed.GetValue(name)!, parsed.GetValue(feed));
                var deletion = new CliDeletion(
                    context,
                    parsed.GetValue(yes),
                    parsed.GetValue(dryRun),
                    parsed.GetValue(json)
                );
                return parsed.GetValue(delete) ? Delete(product, patchset, on, deletion)
                    : parsed.GetValue(downTo) ? RunDownTo(product, patchset, on ?? Feed.Main, deletion)
                    : Run(product, patchset, on ?? Feed.Main, deletion);
            }
        );
        return command;
    }

    /// <summary>Undeploys one patchset from a feed.</summary>
    public static async Task Run(Product product, string name, string feed, CliDeletion output)
    {
        await using var portal = output.Context.OpenPortal();
        var state = RolloutCommands.Find(portal, product, name, feed).State;
        // What is enabled but not here is not offered, but can still be undeployed.
        if (state is not (PatchsetState.Enabled or PatchsetState.Disabled or PatchsetState.NotDownloaded))
            throw new RefusedException(Refusal.Conflict, $"{name} is not on {feed}: it is {state.Token()} there");
        if (!output.IsDry)
            await portal.Rollout.Unroll(output.Context.Operator(), product, name, feed);
        RolloutOutput.ShowUndeployed(output, name, feed, wasDisabled: state == PatchsetState.Disabled);
    }

    private static async Task RunDownTo(Product product, string name, string feed, CliDeletion output)
    {
        await using var portal = output.Context.OpenPortal();
        IReadOnlyList<string> unrolled = output.IsDry
            ?
            [
                .. portal
                    .Database.Read(session =>
                        portal.Rollout.Plan(
                            session,
                            0,
                            product,
                            name,
                            new Dictionary<string, RolloutAction> { [feed] = RolloutAction.UndeployDownTo }
                        )
                    )
                    .Feeds.Single()
                    .Changes.Select(change => change.Patchset.Name),
            ]
            : await portal.Rollout.UndeployDownTo(output.Context.Operator(), product, name, feed);
        if (unrolled.Count == 0)
            throw new RefusedException(Refusal.Conflict, $"neither {name} nor a newer one is enabled on {feed}");
        if (output.AsJson)
            RolloutOutput.Show(
                output.Context,
                unrolled,
                PatchsetState.Undeployed,
                feed,
                json: true,
                already: output.IsDry
            );
        else
            foreach (var one in unrolled)
                RolloutOutput.ShowUndeployed(output, one, feed, wasDisabled: false);
    }

    private static async Task Delete(Product product, string name, string? feed, CliDeletion deletion)
    {
        var context = deletion.Context;
        await using var portal = context.OpenPortal();
        var enabled = portal.Rollout.FeedsWith(product, name);
        if (feed is not null && enabled.Any(on => on != feed))
            throw new CliException(
                $"cannot delete {name} from {feed} only, it is enabled on {string.Join(", ", enabled)}: omit --feed to delete it from all feeds"
            );
        var question =
            enabled.Count == 0
                ? $"Delete {name}?"
                : $"Delete {name}, which is enabled on {Plural.Of(enabled.Count, "feed")}?";
        await deletion.Run(
            question,
            unattended: enabled.Count <= 1,
            expected: true,
            async () =>
            {
                await portal.Patchsets.Delete(context.Operator(), product, name);
                return true;
            }
        );
        RolloutOutput.ShowDeleted(deletion, name);
    }
}
