using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;

namespace EPortal.Feeds;

/// <summary><c>kc.eportal feed</c>.</summary>
internal static partial class FeedCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var auto = CliOptions.Flag("update feed automatically", "--auto");
        var noAuto = CliOptions.Flag("don't update feed automatically", "--no-auto");
        var after = CliOptions.Value<long?>("deploy after specified hours", "--deploy-after");
        after.HelpName = "hours";
        var channel = CliOptions.Choice("least stable channel to accept", ["default", "test", "unstable"], "--channel");
        var (yes, dryRun, json) = (CliOptions.Yes(), CliOptions.DryRun(), CliOptions.Json());
        var feed = new CliNoun(
            "feed",
            """
            list available feeds by default

            examples:
              kc.eportal feed add test --auto
              kc.eportal feed -c test --deploy-after 12
            """
        );
        feed.Verb(CliAction.List, "list feeds", json);
        feed.Verb(CliAction.Add, "add a feed", auto, noAuto, after, channel, json);
        feed.Verb(CliAction.Change, "change a feed", auto, noAuto, after, channel, json);
        feed.Verb(CliAction.Delete, "delete a feed; its keys move to main", yes, dryRun, json);
        feed.CompleteNames(StoredNames.OfFeeds(context));
        feed.Check(result =>
        {
            if (result.GetValue(auto) && result.GetValue(noAuto))
                result.AddError("use only one of --auto and --no-auto");
        });
        feed.Run(
            (action, name, parsed) =>
            {
                var settings = new FeedSettings(
                    parsed.GetValue(auto) ? true
                        : parsed.GetValue(noAuto) ? false
                        : null,
                    parsed.GetValue(after),
                    parsed.GetValue(channel)
                );
                return action switch
                {
                    CliAction.Add => Add(context, name, settings, parsed.GetValue(json)),
                    CliAction.Change => Change(context, name, settings, parsed.GetValue(json)),
                    CliAction.Delete => Delete(
                        context,
                        name,
                        new CliDeletion(context, parsed.GetValue(yes), parsed.GetValue(dryRun), parsed.GetValue(json))
                    ),
                    _ => List(context, parsed.GetValue(json)),
                };
            }
        );
        return feed;
    }

    private static async Task Add(CliContext context, string name, FeedSettings settings, bool json)
    {
        await using var portal = context.OpenPortal();
        var feed = await portal.Feeds.Add(context.Operator(), name, settings);
        context.Result(json, FeedRow.From(feed), FeedCommandsJson.Default.FeedRow, $"feed {name} was added");
    }

    private static async Task Change(CliContext context, string name, FeedSettings settings, bool json)
    {
        if (settings == new FeedSettings())
            throw new CliUsageException("nothing to change: specify --auto, --no-auto, --deploy-after or --channel");
        await using var portal = context.OpenPortal();
        var feed = await portal.Feeds.Update(context.Operator(), name, settings);
        context.Result(json, FeedRow.From(feed), FeedCommandsJson.Default.FeedRow, $"feed {name} was changed");
    }

    private static async Task Delete(CliContext context, string name, CliDeletion deletion)
    {
        await using var portal = context.OpenPortal();
        var feed = portal.Feeds.Get(name);
        FeedStore.RefuseMain(feed, "deleted");
        var keys = portal.Keys.List().Count(key => key.Feed == name);
        await deletion.Run(
            $"Delete feed {name} and move its {Plural.Of(keys, "key")} to main?",
            unattended: keys == 0,
            feed,
            () => portal.Feeds.Delete(context.Operator(), name)
        );
        var moved = deletion.IsDry
            ? $"{Plural.Of(keys, "key")} would move to main"
            : $"{Plural.Of(keys, "key")} moved to main";
        deletion.Result(
            FeedRow.From(feed),
            FeedCommandsJson.Default.FeedRow,
            $"feed {name} {deletion.Was} deleted, {moved}"
        );
    }

    private static async Task List(CliContext context, bool json)
    {
        await using var portal = context.OpenPortal();
        var feeds = portal.Feeds.List();
        if (json)
        {
            context.Json([.. feeds.Select(FeedRow.From)], FeedCommandsJson.Default.FeedRowArray);
            return;
        }

        var table = new CliTable("Feed", "Auto", CliColumn.Number("Deploy after"), "Channel")
        {
            Empty = "there are no feeds; `kc.eportal feed add NAME` makes one",
        };
        foreach (var feed in feeds)
            table.Add(feed.Name, feed.Auto ? "yes" : "no", $"{feed.DeployAfter} h", feed.Channel);
        table.Write(context);
    }

    [JsonSerializable(typeof(FeedRow[]))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class FeedCommandsJson : JsonSerializerContext;
}
