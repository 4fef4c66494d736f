using EPortal.Api;
using EPortal.Data;
using EPortal.Servers;
using EPortal.WebConsole;

namespace EPortal.Feeds;

/// <summary>
/// The console's page that rolls a patchset out or back on several feeds at once. A preview is shown before the choice
/// is applied; that works without script, which only updates the preview at every choice.
/// </summary>
internal static class ManagePages
{
    /// <summary>Parameter that says at which offer revision the preview was made.</summary>
    public const string Revision = "revision";

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes, string path)
    {
        routes.MapPage(
            path,
            (
                string product,
                string name,
                ApiParameters parameters,
                Rollout rollout,
                Database database,
                PatchsetUsage usage,
                PatchsetLevels levels
            ) => Page(product, name, parameters, rollout, database, usage, levels, null)
        );
        routes.MapAction(path, Apply).ResumesForm();
    }

    /// <summary>Address of the preview of an action on one feed.</summary>
    /// <param name="path">Address of the patchset's page.</param>
    /// <param name="feed">The feed.</param>
    /// <param name="action">The action.</param>
    public static string PreviewOf(string path, string feed, RolloutAction action) =>
        $"{path}/manage?{Uri.EscapeDataString(ManageModel.ParameterOf(feed))}={action.Token()}";

    private static Task<IResult> Apply(
        string product,
        string name,
        ApiParameters parameters,
        Rollout rollout,
        FeedStore feeds,
        Database database,
        PatchsetUsage usage,
        PatchsetLevels levels,
        HttpContext context
    ) =>
        ConsoleForms.Try(
            async () =>
            {
                var (of, chosen) = (PatchsetPages.ProductOf(product), ManageModel.ChosenBy(parameters, feeds.List()));
                if (chosen.Count == 0)
                    throw new RefusedException(
                        Refusal.Invalid,
                        "nothing changed: choose an action for at least one feed"
                    );
                var seen =
                    parameters.Number(Revision, 0, long.MaxValue)
                    ?? throw new RefusedException(Refusal.Invalid, "nothing changed: check the preview first");
                var shown = database.Read(session =>
                    ManageModel.Read(session, rollout, usage, levels, of, name, parameters, null)
                );
                ConfirmPages.MustBeSure(parameters, shown.Revision == seen && shown.TakesPatches);
                var done = await rollout.Apply(context.Actor(), of, name, chosen, seen, context.RequestAborted);
                return ConsoleRoutes.Back(
                    context,
                    PatchsetPages.PathOf(of, name),
                    string.Join(' ', done.Select(plan => plan.Action.Done(name, plan.Feed.Name, plan.Changes.Count)))
                );
            },
            problem => Page(product, name, parameters, rollout, database, usage, levels, problem)
        );

    private static IResult Page(
        string product,
        string name,
        ApiParameters parameters,
        Rollout rollout,
        Database database,
        PatchsetUsage usage,
        PatchsetLevels levels,
        string? problem
    )
    {
        var model = database.Read(session =>
            ManageModel.Read(
                session,
                rollout,
                usage,
                levels,
                PatchsetPages.ProductOf(product),
                name,
                parameters,
                problem
            )
        );
        return ConsoleRoutes.Show<ManagePage, ManageModel>(
            model,
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest
        );
    }
}
