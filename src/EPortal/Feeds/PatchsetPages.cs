using EPortal.Api;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Servers;
using EPortal.WebConsole;

namespace EPortal.Feeds;

/// <summary>The console's pages of patchsets: their state on all feeds, and each by itself.</summary>
internal static class PatchsetPages
{
    private const string ListPath = "/patchsets";
    private const string OnePath = ListPath + "/{product}/{name}";

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPage(
            ListPath,
            () => TypedResults.Redirect($"{ConsoleRoutes.Base}{ListPath}/{Product.Kernel.Token()}")
        );
        routes.MapPage(
            ListPath + "/{product}",
            (string product, ApiParameters parameters, Database database, PatchsetUsage usage) =>
                ConsoleRoutes.Show<PatchsetsPage, PatchsetsModel>(
                    database.Read(session =>
                        PatchsetsModel.Read(session, usage, ProductOf(product), PatchsetsFilter.Read(parameters))
                    )
                )
        );
        routes.MapPage(
            OnePath,
            (
                string product,
                string name,
                ApiParameters parameters,
                Rollout rollout,
                Database database,
                PatchsetUsage usage,
                PatchsetLevels levels
            ) => One(ProductOf(product), name, parameters, rollout, database, usage, levels, null)
        );
        routes.MapAction(OnePath + "/delete", Delete);
        ManagePages.Map(routes, OnePath + "/manage");
        UploadPages.Map(routes);
    }

    /// <summary>Address of the list of a product.</summary>
    public static string PathOf(Product product) => $"{ListPath}/{product.Token()}";

    /// <summary>Address of a patchset's page.</summary>
    public static string PathOf(Patchset patchset) => PathOf(patchset.Product, patchset.Name);

    /// <summary>Address of a patchset's page.</summary>
    public static string PathOf(Product product, string name) => $"{PathOf(product)}/{Uri.EscapeDataString(name)}";

    /// <summary>Address of the list of servers that run a patchset, on one feed or on all.</summary>
    public static string ServersOf(string patchset, string? feed) =>
        $"/admin/servers?patchset={Uri.EscapeDataString(patchset)}{(feed is null ? "" : $"&feed={Uri.EscapeDataString(feed)}")}";

    /// <summary>The product that an address names.</summary>
    /// <exception cref="RefusedException">There is none of that name.</exception>
    public static Product ProductOf(string token) =>
        Products.TryParse(token, out var product)
            ? product
            : throw new RefusedException(Refusal.NotFound, $"product '{token}' not found");

    private static IResult One(
        Product product,
        string name,
        ApiParameters parameters,
        Rollout rollout,
        Database database,
        PatchsetUsage usage,
        PatchsetLevels levels,
        string? problem
    ) =>
        ConsoleRoutes.Show<PatchsetPage, PatchsetModel>(
            database.Read(session =>
                PatchsetModel.Read(session, rollout, usage, levels, product, name, Paging.Asked(parameters)) with
                {
                    Problem = problem,
                }
            ),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest
        );

    private static Task<IResult> Delete(
        string product,
        string name,
        ApiParameters parameters,
        PatchsetLibrary library,
        Rollout rollout,
        Database database,
        PatchsetUsage usage,
        PatchsetLevels levels,
        HttpContext context
    )
    {
        var of = ProductOf(product);
        return ConsoleForms.Try(
            async () =>
            {
                ConsoleForms.MustBeSure(parameters);
                await library.Delete(
                    context.Actor(),
                    of,
                    name,
                    session => PreviewStamp.MustBe(parameters.Text(PreviewStamp.Parameter), session)
                );
                return ConsoleRoutes.Back(context, PathOf(of), $"Patchset {name} was deleted from every feed.");
            },
            problem => One(of, name, parameters, rollout, database, usage, levels, problem)
        );
    }
}

/// <summary>What the page of one patchset shows.</summary>
/// <param name="Line">Its state on the feeds.</param>
/// <param name="Details">What it holds.</param>
/// <param name="Offset">Targets skipped.</param>
/// <param name="Deletion">What each feed would offer without it; none where it is on no feed.</param>
/// <param name="Stamp">The stamp of that preview.</param>
internal sealed record PatchsetModel(
    PatchsetLineModel Line,
    PatchsetDetails Details,
    long Offset,
    IReadOnlyList<FeedImpactModel> Deletion,
    string Stamp
)
{
    /// <summary>Why it was not deleted.</summary>
    public string? Problem { get; init; }

    /// <summary>Servers that are offered something else without it; null if not known.</summary>
    public RolloutImpact? Servers => FeedImpactModel.Sum(Deletion);

    /// <summary>Targets of a page.</summary>
    public const int PageSize = 50;

    /// <summary>Most CVEs listed.</summary>
    public const int MaxCves = 1000;

    /// <summary>Reads it.</summary>
    /// <exception cref="RefusedException">There is no such patchset.</exception>
    public static PatchsetModel Read(
        Session session,
        Rollout rollout,
        PatchsetUsage usage,
        PatchsetLevels levels,
        Product product,
        string name,
        long asked
    )
    {
        var groups = PatchsetLineModel.GroupsOrNull(session, product);
        var line = PatchsetLineModel.Read(session, usage, product, groups, name).Single();
        // Deleting it has the same effect on offers as undeploying it everywhere.
        var off = line
            .Cells.Where(cell => cell.Placement.State == PatchsetState.Enabled)
            .ToDictionary(cell => cell.Feed.Name, _ => RolloutAction.Unroll, StringComparer.Ordinal);
        var deletion =
            off.Count == 0
                ? []
                : FeedImpactModel.Of(
                    session,
                    levels,
                    groups,
                    rollout.Plan(session, Node.Read(session).OfferRevision, product, name, off)
                );
        var offset = Paging.Start(asked, PatchsetDetails.CountTargets(session, line.Patchset), PageSize);
        return new PatchsetModel(
            line,
            PatchsetDetails.Read(session, line.Patchset, offset, PageSize),
            offset,
            deletion,
            PreviewStamp.Of(session)
        );
    }
}
