using EPortal.Api;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Servers;
using EPortal.Servers.Search;

namespace EPortal.Feeds;

/// <summary>The effect of a change of one feed, for a page.</summary>
/// <param name="Preview">The change.</param>
/// <param name="Servers">Servers that would be offered something else; null if not known.</param>
/// <param name="Examples">Some of the targets that change, with what is known of them.</param>
internal sealed record FeedImpactModel(
    FeedPreview Preview,
    RolloutImpact? Servers,
    IReadOnlyList<(OfferChange Offer, PatchsetTarget? Target)> Examples
)
{
    private const int MaxExamples = 5;

    /// <summary>
    /// Whether servers would be offered nothing, as far as known: where hosts do not report what they run, targets
    /// count.
    /// </summary>
    public bool TakesPatches =>
        Servers is { } servers ? servers.Nothing > 0 : Preview.Offers.Any(offer => offer.After is null);

    /// <summary>Effect of all feeds together on servers; null if not known.</summary>
    public static RolloutImpact? Sum(IReadOnlyList<FeedImpactModel> feeds) =>
        feeds.Any(feed => feed.Servers is null)
            ? null
            : feeds.Aggregate(RolloutImpact.None, (sum, feed) => sum.Plus(feed.Servers!));

    /// <summary>The effect of a plan, feed by feed.</summary>
    public static IReadOnlyList<FeedImpactModel> Of(
        Session session,
        PatchsetLevels levels,
        IReadOnlyList<FeedGroup>? groups,
        RolloutPlan plan
    )
    {
        var previews = RolloutPreview.Of(session, levels, plan);
        var servers = groups is null ? null : RolloutImpact.Count(groups, previews);
        return
        [
            .. previews.Select(preview => new FeedImpactModel(
                preview,
                servers?[preview.Plan.Feed.Id],
                [
                    .. preview
                        .Offers.OrderBy(offer => offer.After is null ? 0 : 1)
                        .Take(MaxExamples)
                        .Select(offer => (offer, PatchsetDetails.TargetOrNull(session, offer.Target))),
                ]
            )),
        ];
    }
}

/// <summary>What the page that manages a patchset shows.</summary>
/// <param name="Line">Its state on the feeds.</param>
/// <param name="Chosen">What is chosen, by name of feed.</param>
/// <param name="Revision">Offer revision of the preview.</param>
/// <param name="Reach">The effect of the choice; empty while nothing is chosen.</param>
/// <param name="Absent">Patchsets that would be fetched first.</param>
/// <param name="Problem">Why it cannot be done, or was not.</param>
internal sealed record ManageModel(
    PatchsetLineModel Line,
    IReadOnlyDictionary<string, RolloutAction> Chosen,
    long Revision,
    IReadOnlyList<FeedImpactModel> Reach,
    IReadOnlyList<string> Absent,
    string? Problem
)
{
    private const string Prefix = "do.";

    /// <summary>Effect of all feeds together on servers; null if not known.</summary>
    public RolloutImpact? Servers => FeedImpactModel.Sum(Reach);

    /// <summary>Whether servers of any feed would be offered nothing.</summary>
    public bool TakesPatches => Reach.Any(feed => feed.TakesPatches);

    /// <summary>Name of the parameter that says what to do on a feed.</summary>
    public static string ParameterOf(string feed) => Prefix + feed;

    /// <summary>The actions that a form chose, by name of feed.</summary>
    /// <exception cref="RefusedException">It names an unknown action.</exception>
    public static IReadOnlyDictionary<string, RolloutAction> ChosenBy(
        ApiParameters parameters,
        IEnumerable<Feed> feeds
    ) =>
        feeds
            .Select(feed => (feed.Name, Token: parameters.Text(ParameterOf(feed.Name))))
            .Where(one => one.Token is not null)
            .ToDictionary(
                one => one.Name,
                one =>
                    RolloutActions.ParseOrNull(RolloutActions.All, one.Token!)
                    ?? throw new RefusedException(Refusal.Invalid, $"invalid action '{one.Token}'"),
                StringComparer.Ordinal
            );

    /// <summary>Reads it, with the preview of what is chosen.</summary>
    /// <exception cref="RefusedException">There is no such patchset.</exception>
    public static ManageModel Read(
        Session session,
        Rollout rollout,
        PatchsetUsage usage,
        PatchsetLevels levels,
        Product product,
        string name,
        ApiParameters parameters,
        string? problem
    )
    {
        var groups = PatchsetLineModel.GroupsOrNull(session, product);
        var model = new ManageModel(
            PatchsetLineModel.Read(session, usage, product, groups, name).Single(),
            EmptyChoice,
            Node.Read(session).OfferRevision,
            [],
            [],
            problem
        );
        try
        {
            model = model with { Chosen = ChosenBy(parameters, FeedStore.List(session)) };
            if (model.Chosen.Count == 0)
                return model;
            var plan = rollout.Plan(session, model.Revision, product, name, model.Chosen);
            return model with { Reach = FeedImpactModel.Of(session, levels, groups, plan), Absent = plan.Absent };
        }
        catch (RefusedException e)
        {
            return model with { Problem = problem ?? e.Message };
        }
    }

    private static IReadOnlyDictionary<string, RolloutAction> EmptyChoice { get; } =
        new Dictionary<string, RolloutAction>();
}
