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
        new(product.Verb(), $"manage {product.Token()} patchsets")
        {
            DeployCommand(context, product),
            RolloutCommands.Enable(context, product),
            RolloutCommands.Disable(context, product),
            UndeployCommand.Create(context, product),
            PatchsetList.Create(context, product),
        };

    /// <summary>Sample name of a patchset of a product, for examples.</summary>
    public static string SampleName(Product product) =>
        product switch
        {
            Product.Kernel => "K20251112_06",
            Product.Qemu => "U20210818_01-qemu",
            Product.Db => "U20220315_01-db",
            _ => "U20210129_02",
        };

    /// <summary>Imports an archive and enables or disables it on a feed.</summary>
    public static async Task Deploy(
        CliContext context,
        Product product,
        string path,
        string feed,
        bool disabled,
        bool json
    )
    {
        // Opened before the data folder, where the program may drop the rights needed to read this file.
        await using var archive = ArchiveFile.OpenOrInput(context, path);
        await using var portal = context.OpenPortal();
        // Checked again in the transaction; checking here avoids reading gigabytes for nothing.
        portal.Feeds.Get(feed);
        var (before, after) = (PatchsetState.Undeployed, disabled ? PatchsetState.Disabled : PatchsetState.Enabled);
        using var progress = new CliProgress(
            context,
            Path.GetFileName(path),
            archive.CanSeek ? archive.Length : CliProgress.UnknownTotal
        );
        var deployed = await portal.Patchsets.Told(
            context.Operator(),
            Path.GetFileName(path),
            () =>
                portal.Patchsets.Deploy(
                    context.Operator(),
                    product,
                    new ProgressStream(archive, progress),
                    Rollout.Place(feed, disabled, state => before = state),
                    context.Cancellation
                )
        );
        progress.Dispose();
        if (deployed.SignedBy is null)
            context.Note("warning: signature not checked, no key is pinned: set TRUSTED_KEYS to pin keys");
        RolloutOutput.Show(context, [deployed.Patchset], after, feed, json, already: before == after);
    }

    private static Command DeployCommand(CliContext context, Product product)
    {
        var archive = CliOptions.Required("archive", "path to archive");
        var feed = CliOptions.Value<string>("feed to deploy archive to", "--feed");
        feed.CompletionSources.Add(StoredNames.OfFeeds(context));
        var disabled = CliOptions.Flag("do not enable patchset after deploy", "--disabled");
        var json = CliOptions.Json();
        var command = new Command(
            "deploy",
            $"""
            deploy patchset from archive

            example:
              kc.eportal {product.Verb()} deploy --feed test /tmp/{SampleName(product)}.tar.bz2
            """
        )
        {
            archive,
            feed,
            disabled,
            json,
        };
        command.SetAction(
            (parsed, _) =>
                Deploy(
                    context,
                    product,
                    parsed.GetValue(archive)!,
                    parsed.GetValue(feed) ?? Feed.Main,
                    parsed.GetValue(disabled),
                    parsed.GetValue(json)
                )
        );
        return command;
    }
}
