using System.CommandLine;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary><c>kc.eportal PRODUCT enable</c> and <c>disable</c>.</summary>
internal static class RolloutCommands
{
    /// <summary><c>enable</c>.</summary>
    public static Command Enable(CliContext context, Product product)
    {
        var (name, feed) = (Name(context, product), FeedOption(context));
        var upTo = CliOptions.Flag("also enable older patchsets, except disabled ones", "--upto");
        var json = CliOptions.Json();
        var command = new Command(
            "enable",
            $"""
            enable a patchset on a feed

            example:
              kc.eportal {product.Verb()} enable --feed test --upto {ProductCommands.SampleName(product)}
            """
        )
        {
            name,
            feed,
            upTo,
            json,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                var (patchset, on, asJson) = (
                    parsed.GetValue(name)!,
                    parsed.GetValue(feed) ?? Feed.Main,
                    parsed.GetValue(json)
                );
                await using var portal = context.OpenPortal();
                if (parsed.GetValue(upTo))
                {
                    var enabled = await portal.Rollout.EnableUpTo(
                        context.Operator(),
                        product,
                        patchset,
                        on,
                        context.Cancellation
                    );
                    RolloutOutput.Show(context, enabled, PatchsetState.Enabled, on, asJson);
                    if (enabled.Count == 0)
                        context.Note(
                            $"nothing changed: all patchsets up to {patchset} are already enabled or disabled in {on}"
                        );
                    return;
                }

                var isNew = Find(portal, product, patchset, on).State != PatchsetState.Enabled;
                if (isNew)
                    await portal.Rollout.Enable(context.Operator(), product, patchset, on, context.Cancellation);
                RolloutOutput.Show(context, [patchset], PatchsetState.Enabled, on, asJson, already: !isNew);
            }
        );
        return command;
    }

    /// <summary><c>disable</c>.</summary>
    public static Command Disable(CliContext context, Product product)
    {
        var (name, feed, json) = (Name(context, product), FeedOption(context), CliOptions.Json());
        var command = new Command(
            "disable",
            $"""
            disable a patchset on a feed until it is enabled by name

            example:
              kc.eportal {product.Verb()} disable --feed test {ProductCommands.SampleName(product)}
            """
        )
        {
            name,
            feed,
            json,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                var (patchset, on) = (parsed.GetValue(name)!, parsed.GetValue(feed) ?? Feed.Main);
                await using var portal = context.OpenPortal();
                var isNew = Find(portal, product, patchset, on).State != PatchsetState.Disabled;
                if (isNew)
                    await portal.Rollout.Disable(context.Operator(), product, patchset, on);
                RolloutOutput.Show(
                    context,
                    [patchset],
                    PatchsetState.Disabled,
                    on,
                    parsed.GetValue(json),
                    already: !isNew
                );
            }
        );
        return command;
    }

    /// <summary>The patchset that a command is about.</summary>
    public static Argument<string> Name(CliContext context, Product product)
    {
        var name = CliOptions.Required("patchset", "name of the patchset");
        name.CompletionSources.Add(
            StoredNames.Of(
                context,
                session => PatchsetStore.List(session, product).Reverse().Select(patchset => patchset.Name)
            )
        );
        return name;
    }

    /// <summary>The feed that it is about.</summary>
    public static Option<string?> FeedOption(CliContext context)
    {
        var feed = CliOptions.Value<string>("feed (main by default)", "--feed");
        feed.CompletionSources.Add(StoredNames.OfFeeds(context));
        return feed;
    }

    /// <summary>The state of a patchset on a feed.</summary>
    /// <exception cref="RefusedException">There is no such feed or patchset.</exception>
    public static Placement Find(Portal portal, Product product, string patchset, string feed) =>
        portal.Rollout.List(feed, product).FirstOrDefault(placement => placement.Patchset.Name == patchset)
        ?? throw new RefusedException(Refusal.NotFound, $"{product.Token()} patchset '{patchset}' not found");
}
