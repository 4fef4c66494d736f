using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Servers.Search;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>The console's overview of a selection of servers.</summary>
internal static class OverviewPages
{
    private const string Path = "/overview";

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPage(Path, Show);

    private static Task<IResult> Show(
        ApiParameters parameters,
        Database database,
        Offers offers,
        PatchsetUsage usage,
        ServerMaps maps,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        var filters = ServerFilters.Read(parameters);
        if (filters.PressedOrNull(parameters) is { } pressed)
            return Task.FromResult<IResult>(TypedResults.Redirect(pressed.Address(ConsoleRoutes.Base + Path)));
        return ConsoleForms.Try(
            async () =>
            {
                var map = database.Read(ServerOverview.NeedsMap) ? await maps.Get(cancel) : null;
                return ConsoleRoutes.Show<OverviewPage, OverviewModel>(
                    OverviewModel.Read(filters, database, offers, usage, time.GetUtcNow(), map)
                );
            },
            problem =>
                ConsoleRoutes.Show<OverviewPage, OverviewModel>(
                    OverviewModel.Refused(filters, database, problem),
                    StatusCodes.Status400BadRequest
                )
        );
    }
}
