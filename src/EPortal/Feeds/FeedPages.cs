using System.Globalization;
using EPortal.Api;
using EPortal.Data;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.WebConsole;

namespace EPortal.Feeds;

/// <summary>The console's pages of feeds.</summary>
internal static class FeedPages
{
    private const string ListPath = "/feeds";
    private const string NewPath = "/new-feed";
    private const int ShownNames = 5;

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPage(
            ListPath,
            (FeedStore feeds, Rollout rollout, KeyStore keys, ServerStore servers) =>
                ConsoleRoutes.Show<FeedsPage, FeedsModel>(
                    new FeedsModel(feeds.List(), UseOf(keys, servers), rollout.Newest())
                )
        );
        routes.MapPage(NewPath, () => Form(new FeedForm(), FormVersion.None, FeedUse.None, null, null));
        routes.MapAction(NewPath, Add).ResumesForm();
        routes.MapPage(
            ListPath + "/{name}",
            (string name, FeedStore feeds, KeyStore keys, ServerStore servers, Database database, Offers offers) =>
                Form(feeds.Get(name), UseOf(keys, servers, name), DeletionOf(database, offers, name), null)
        );
        routes.MapAction(ListPath + "/{name}", Change).ResumesForm();
        routes.MapAction(ListPath + "/{name}/delete", Delete);
    }

    /// <summary>Address of a feed's page.</summary>
    public static string PathOf(string feed) => $"{ListPath}/{Uri.EscapeDataString(feed)}";

    private static Task<IResult> Add(
        ApiParameters parameters,
        FeedStore feeds,
        DuplicateSubmitGuard once,
        HttpContext context
    )
    {
        var form = FeedForm.Read(parameters);
        return ConsoleForms.Try(
            () =>
                once.Do(
                    context,
                    parameters,
                    async () =>
                    {
                        var feed = await feeds.Add(context.Actor(), form.Name, form.ToSettings());
                        return (ListPath, $"Feed {feed.Name} was added.");
                    }
                ),
            problem => Form(form, FormVersion.None, FeedUse.None, null, problem)
        );
    }

    private static Task<IResult> Change(
        string name,
        ApiParameters parameters,
        FeedStore feeds,
        KeyStore keys,
        ServerStore servers,
        Database database,
        Offers offers,
        PatchsetLevels levels,
        TimeProvider time,
        HttpContext context
    )
    {
        var form = FeedForm.Read(parameters) with { Name = name, IsNew = false, IsMain = name == Feed.Main };
        return ConsoleForms.Try(
            async () =>
            {
                var settings = form.ToSettings();
                var (was, becomes, stamp) = database.Read(session =>
                {
                    var feed = FeedStore.Get(session, name);
                    feed.Stored().RefuseUnless(FormVersion.SeenOrNull(parameters));
                    return (
                        AutoPreviewModel.Of(session, levels, feed, time.GetUtcNow()),
                        AutoPreviewModel.Of(session, levels, settings.Of(feed), time.GetUtcNow()),
                        PreviewStamp.Of(session)
                    );
                });
                var use = UseOf(keys, servers, name);
                if (
                    use.Servers > 0
                    && becomes.IsMoreThan(was)
                    && ConfirmPages.AskOrNull(context, parameters, Question(form, becomes, use), becomes.Reach, stamp)
                        is { } question
                )
                    return question;
                await feeds.Update(
                    context.Actor(),
                    name,
                    settings,
                    FormVersion.SeenOrNull(parameters),
                    session => PreviewStamp.MustBe(stamp, session)
                );
                return ConsoleRoutes.Back(context, ListPath, $"Feed {name} was changed.");
            },
            problem =>
                Form(
                    form,
                    FormVersion.Of(parameters, feeds.Get(name).Stored(), form.Typed()),
                    UseOf(keys, servers, name),
                    DeletionOf(database, offers, name),
                    problem
                )
        );
    }

    private static ConfirmText Question(FeedForm form, AutoPreviewModel coming, FeedUse use) =>
        new(
            $"Change feed {form.Name}",
            ConsoleRoutes.Base + PathOf(form.Name),
            $"Feed {form.Name}",
            [
                .. coming.Now.Count == 0
                    ? Array.Empty<string>()
                    : [$"{Come(coming.Now)} enabled on this feed at the next sync: {Names(coming.Now)}."],
                .. coming.Later.Count == 0
                    ? Array.Empty<string>()
                    :
                    [
                        $"{Come(coming.Later)} enabled on this feed after {form.DeployAfter} hours on this portal: {Names(coming.Later)}.",
                    ],
                $"{NumberText.Of(use.Servers, "server follows", "servers follow")} it."
                    + (
                        coming.Others
                            ? " How many servers need patchsets of other products than kernels is not known."
                            : ""
                    ),
            ],
            $"Change it for {NumberText.Of(use.Servers, "server", "servers")}"
        );

    private static string Come(IReadOnlyList<string> patchsets) =>
        NumberText.Of(patchsets.Count, "patchset will be", "patchsets will be");

    private static string Names(IReadOnlyList<string> patchsets) =>
        string.Join(", ", patchsets.Reverse().Take(ShownNames))
        + (patchsets.Count > ShownNames ? $" and {NumberText.Of(patchsets.Count - ShownNames)} older" : "");

    private static Task<IResult> Delete(
        string name,
        ApiParameters parameters,
        FeedStore feeds,
        KeyStore keys,
        ServerStore servers,
        Database database,
        Offers offers,
        HttpContext context
    ) =>
        ConsoleForms.Try(
            async () =>
            {
                ConsoleForms.MustBeSure(parameters);
                var use = UseOf(keys, servers, name);
                await feeds.Delete(
                    context.Actor(),
                    name,
                    FormVersion.SeenOrNull(parameters),
                    session => PreviewStamp.MustBe(parameters.Text(PreviewStamp.Parameter), session)
                );
                return ConsoleRoutes.Back(
                    context,
                    ListPath,
                    $"Feed {name} was deleted. {NumberText.Of(use.Keys, "key", "keys")} moved to {Feed.Main}."
                );
            },
            problem => Form(feeds.Get(name), UseOf(keys, servers, name), DeletionOf(database, offers, name), problem)
        );

    private static FeedDeletionModel DeletionOf(Database database, Offers offers, string name) =>
        database.Read(session => new FeedDeletionModel(
            MoveImpact.OfFeed(session, offers.At(session), name),
            PreviewStamp.Of(session)
        ));

    private static IResult Form(Feed feed, FeedUse use, FeedDeletionModel deletion, string? problem) =>
        Form(FeedForm.Of(feed), FormVersion.Of(feed.Stored()), use, deletion, problem);

    private static IResult Form(
        FeedForm form,
        FormVersion version,
        FeedUse use,
        FeedDeletionModel? deletion,
        string? problem
    ) =>
        ConsoleRoutes.Show<FeedPage, FeedModel>(
            new FeedModel(form, version, use, deletion, problem),
            version.StatusOf(problem)
        );

    private static FeedUse UseOf(KeyStore keys, ServerStore servers, string feed) =>
        UseOf(keys, servers).GetValueOrDefault(feed) ?? FeedUse.None;

    private static Dictionary<string, FeedUse> UseOf(KeyStore keys, ServerStore servers)
    {
        var counts = servers
            .CountByKey()
            .ToDictionary(count => count.Key, count => count.Count, StringComparer.Ordinal);
        return keys.List()
            .GroupBy(key => key.Feed)
            .ToDictionary(
                feed => feed.Key,
                feed => new FeedUse(feed.Count(), feed.Sum(key => counts.GetValueOrDefault(key.Name))),
                StringComparer.Ordinal
            );
    }
}

/// <summary>Keys and servers on a feed.</summary>
/// <param name="Keys">How many keys are on it.</param>
/// <param name="Servers">How many servers those have.</param>
internal sealed record FeedUse(int Keys, long Servers)
{
    /// <summary>None.</summary>
    public static readonly FeedUse None = new(0, 0);
}

/// <summary>What the page of all feeds shows.</summary>
/// <param name="Feeds">All feeds.</param>
/// <param name="Use">Keys and servers on them, by name; none if missing.</param>
/// <param name="Newest">The newest enabled patchset of each feed and product.</param>
internal sealed record FeedsModel(
    IReadOnlyList<Feed> Feeds,
    IReadOnlyDictionary<string, FeedUse> Use,
    IReadOnlyDictionary<(string Feed, Product Product), string> Newest
);

/// <summary>The effect of deleting a feed.</summary>
/// <param name="Move">Effect on its servers, which move to main.</param>
/// <param name="Stamp">The stamp of that preview.</param>
internal sealed record FeedDeletionModel(MoveImpact Move, string Stamp);

/// <summary>What the page of one feed shows.</summary>
/// <param name="Form">The form as it is filled in.</param>
/// <param name="Version">Which version of the feed the form shows.</param>
/// <param name="Use">Keys and servers on it.</param>
/// <param name="Deletion">The effect of deleting it; null for a new feed.</param>
/// <param name="Problem">Why it was not saved.</param>
internal sealed record FeedModel(
    FeedForm Form,
    FormVersion Version,
    FeedUse Use,
    FeedDeletionModel? Deletion,
    string? Problem
);

/// <summary>The form of a feed as it is filled in.</summary>
internal sealed record FeedForm
{
    /// <summary>Name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether the feed is to be made.</summary>
    public bool IsNew { get; init; } = true;

    /// <summary>Whether it is the one that cannot be changed.</summary>
    public bool IsMain { get; init; }

    /// <summary>Whether new patchsets are enabled automatically.</summary>
    public bool Auto { get; init; }

    /// <summary>Hours a patchset must have been here before; as typed.</summary>
    public string DeployAfter { get; init; } = "0";

    /// <summary>Least stable channel it takes.</summary>
    public string Channel { get; init; } = Manifest.Channels[0];

    /// <summary>The form of a feed that is there.</summary>
    public static FeedForm Of(Feed feed) =>
        new()
        {
            Name = feed.Name,
            IsNew = false,
            IsMain = feed.IsMain,
            Auto = feed.Auto,
            DeployAfter = Number(feed.DeployAfter),
            Channel = feed.Channel,
        };

    /// <summary>The form that was sent.</summary>
    public static FeedForm Read(ApiParameters parameters) =>
        new()
        {
            Name = parameters.Text("name") ?? "",
            Auto = parameters.Flag("auto") ?? false,
            DeployAfter = parameters.Text("deploy_after") ?? "0",
            Channel = parameters.Text("channel") ?? Manifest.Channels[0],
        };

    /// <summary>Its values, field by field.</summary>
    public StoredFields Typed() => Feed.FieldsOf("", Auto, DeployAfter, Channel);

    /// <summary>What to save.</summary>
    /// <exception cref="RefusedException">The delay is no number.</exception>
    public FeedSettings ToSettings() =>
        new(Auto, ApiParameters.Number(DeployAfter, "the delay in hours", 0, FeedSettings.MaxDeployAfter), Channel);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
