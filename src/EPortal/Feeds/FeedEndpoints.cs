using EPortal.Api;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Feeds;

/// <summary>The API's calls on feeds and their patchsets.</summary>
internal static class FeedEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapApi(
            HttpMethods.Get,
            "/feeds",
            ApiRole.Reader,
            "List feeds",
            (FeedStore feeds) => new ApiResult<IReadOnlyList<FeedRow>>([.. feeds.List().Select(FeedRow.From)])
        );
        routes.MapApi(
            HttpMethods.Post,
            "/feeds",
            ApiRole.Admin,
            "Create or change a feed",
            Save,
            new("name", "its name", Required: true),
            new("auto", "enable new patchsets automatically", "boolean"),
            new("deploy_after", "hours a patchset must be on this portal before it is enabled", "integer"),
            new("channel", "default, test or unstable")
        );
        routes.MapApi(
            HttpMethods.Delete,
            "/feeds/{name}",
            ApiRole.Admin,
            "Delete a feed; its keys move to main",
            Delete
        );
        routes.MapApi(
            HttpMethods.Get,
            "/patchsets",
            ApiRole.Reader,
            "List patchsets and their state on a feed, oldest first",
            List,
            new("feed", "name of the feed; main by default"),
            new("product", "kernel, user, qemu or db; kernel by default"),
            new("distro", "only patchsets for one of these distributions", Repeatable: true)
        );
        routes.MapApi(
            HttpMethods.Post,
            "/patchsets/manage",
            ApiRole.Admin,
            "Enable, disable or undeploy a patchset on all given feeds or on none",
            Manage,
            new("patchset", "its name", Required: true),
            new("feed", "feed to act on; main by default", Repeatable: true),
            new("action", "enable, disable, enable-upto or undeploy-downto", Required: true),
            new("product", "kernel, user, qemu or db; kernel by default")
        );
    }

    private static async Task<ApiResult<FeedRow>> Save(
        ApiParameters parameters,
        FeedStore feeds,
        HttpContext context
    ) =>
        new(
            FeedRow.From(
                await feeds.Save(
                    context.Actor(),
                    parameters.Required("name"),
                    new FeedSettings(
                        parameters.Flag("auto"),
                        parameters.Number("deploy_after", 0, long.MaxValue),
                        parameters.Text("channel")
                    )
                )
            )
        );

    private static async Task<ApiResult<int>> Delete(string name, FeedStore feeds, HttpContext context)
    {
        try
        {
            await feeds.Delete(context.Actor(), name);
            return new ApiResult<int>(1);
        }
        catch (RefusedException e) when (e.Reason == Refusal.NotFound)
        {
            return new ApiResult<int>(0);
        }
    }

    private static ApiResult<IReadOnlyList<PatchsetRow>> List(ApiParameters parameters, Rollout rollout)
    {
        var distros = parameters.Texts("distro");
        return new([
            .. rollout
                .List(parameters.Text("feed") ?? Feed.Main, ProductOf(parameters))
                .Where(placement =>
                    distros.Count == 0
                    || placement.Patchset.Distros.Intersect(distros, StringComparer.OrdinalIgnoreCase).Any()
                )
                .Select(PatchsetRow.From),
        ]);
    }

    private static async Task<ApiResult<string>> Manage(ApiParameters parameters, Rollout rollout, HttpContext context)
    {
        var token = parameters.Required("action");
        var action =
            RolloutActions.ParseOrNull(RolloutActions.OfApi, token)
            ?? throw new RefusedException(
                Refusal.Invalid,
                $"invalid action '{token}': use {string.Join(" or ", RolloutActions.OfApi.Select(known => known.Token()))}"
            );
        var feeds = parameters.Texts("feed") is { Count: > 0 } given ? given : [Feed.Main];
        await rollout.Apply(
            context.Actor(),
            ProductOf(parameters),
            parameters.Required("patchset"),
            feeds.Distinct(StringComparer.Ordinal).ToDictionary(feed => feed, _ => action, StringComparer.Ordinal),
            expected: null,
            context.RequestAborted
        );
        return new ApiResult<string>("ok");
    }

    private static Product ProductOf(ApiParameters parameters)
    {
        var token = parameters.Text("product") ?? Product.Kernel.Token();
        return Products.TryParse(token, out var product)
            ? product
            : throw new RefusedException(
                Refusal.Invalid,
                $"invalid product '{token}': use {string.Join(", ", Products.All.Select(known => known.Token()))}"
            );
    }
}

/// <summary>A feed for programs; <c>deploy_after</c> in hours.</summary>
internal sealed record FeedRow(string Name, bool Auto, long DeployAfter, string Channel)
{
    /// <summary>The row of a feed.</summary>
    public static FeedRow From(Feed feed) => new(feed.Name, feed.Auto, feed.DeployAfter, feed.Channel);
}

/// <summary>A patchset on a feed for programs; <c>enabled (!)</c> for one that the patch source withdrew.</summary>
internal sealed record PatchsetRow(string Patchset, string Status, IReadOnlyList<string> Distros)
{
    /// <summary>The row of a placement.</summary>
    public static PatchsetRow From(Placement placement) =>
        new(placement.Patchset.Name, placement.StateText, placement.Patchset.Distros);
}
