using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Hosting;

namespace EPortal.Feeds;

/// <summary><c>kc.eportal feed</c>.</summary>
internal static partial class FeedCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var actions = new CliActions("feed");
        var auto = CliOptions.Flag("update feed automatically", "--auto");
        var noAuto = CliOptions.Flag("don't update feed automatically", "--no-auto");
        var after = CliOptions.Value<long?>("deploy after specified hours", "--deploy-after");
        after.HelpName = "hours";
        var channel = CliOptions.Choice("newest kind of patchset to take", ["default", "test", "unstable"], "--channel");
        var yes = CliOptions.Yes();
        var json = CliOptions.Json();
        var command = new Command("feed", """
            list available feeds by default

            examples:
              kc.eportal feed -a test --auto
              kc.eportal feed -c test --deploy-after 12
            """);
        actions.AddTo(command);
        foreach (var option in new Option[] { auto, noAuto, after, channel, yes, json })
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(auto) && result.GetValue(noAuto))
                result.AddError("only one of --auto and --no-auto can be given.");
        });
        command.SetAction((parsed, _) =>
        {
            var name = actions.NameOf(parsed);
            var settings = new FeedSettings(
                parsed.GetValue(auto) ? true : parsed.GetValue(noAuto) ? false : null,
                parsed.GetValue(after),
                parsed.GetValue(channel));
            return actions.Of(parsed) switch
            {
                CliAction.Add => Add(context, name, settings, parsed.GetValue(json)),
                CliAction.Change => Change(context, name, settings, parsed.GetValue(json)),
                CliAction.Delete => Delete(context, name, parsed.GetValue(yes), parsed.GetValue(json)),
                _ => List(context, parsed.GetValue(json)),
            };
        });
        return command;
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
            throw new CliException("nothing to change was given: --auto, --no-auto, --deploy-after or --channel.");
        await using var portal = context.OpenPortal();
        var feed = await portal.Feeds.Update(context.Operator(), name, settings);
        context.Result(json, FeedRow.From(feed), FeedCommandsJson.Default.FeedRow, $"feed {name} was changed");
    }

    private static async Task Delete(CliContext context, string name, bool yes, bool json)
    {
        await using var portal = context.OpenPortal();
        FeedStore.RefuseMain(portal.Feeds.Get(name), "deleted");
        var keys = portal.Keys.List().Count(key => key.Feed == name);
        await context.ConfirmAsync($"Delete feed {name} and move its {keys} keys to main?", yes || keys == 0);
        var feed = await portal.Feeds.Delete(context.Operator(), name);
        context.Result(json, FeedRow.From(feed), FeedCommandsJson.Default.FeedRow, $"feed {name} was deleted, {keys} keys are on main now");
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

        var table = new CliTable("Feed", "Auto", CliColumn.Number("Deploy after"), "Channel");
        foreach (var feed in feeds)
            table.Add(feed.Name, feed.Auto ? "yes" : "no", $"{feed.DeployAfter} h", feed.Channel);
        table.Write(context);
    }

    /// <summary>A feed for programs.</summary>
    internal sealed record FeedRow(string Name, bool Auto, long DeployAfter, string Channel)
    {
        public static FeedRow From(Feed feed) => new(feed.Name, feed.Auto, feed.DeployAfter, feed.Channel);
    }

    [JsonSerializable(typeof(FeedRow[]))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class FeedCommandsJson : JsonSerializerContext;
}
